import type { HeaderList } from '@portcullis/policy-kit/message/header-list'
import type { KeptReply } from './kept-reply.ts'

/** Whether the caller has this very reply already (RFC 9110 §13.1.2, §13.1.3). */
export function hasAlready(request: HeaderList, { etag, lastModified }: KeptReply): boolean {
  const tags = request.all('if-none-match')
  if (tags.length > 0)
    return tags.some((value) => value.trim() === '*' || (etag !== undefined && names(value, etag)))
  const since = request.get('if-modified-since')
  if (since === undefined || lastModified === undefined) return false
  const [known, changed] = [Date.parse(since), Date.parse(lastModified)]
  return Number.isFinite(known) && Number.isFinite(changed) && changed <= known
}

/** Compared weakly, as this condition is (RFC 9110 §8.8.3.2). A tag may hold commas; it cannot hold quotes. */
function names(value: string, etag: string): boolean {
  const opaque = etag.startsWith('W/') ? etag.slice(2) : etag
  if (opaque.length < 2 || !opaque.startsWith('"')) return false
  return `,${value.replaceAll(' ', '').replaceAll('W/"', '"')},`.includes(`,${opaque.replaceAll(' ', '')},`)
}

/** Fields with which the backend is asked whether a kept reply is still good. */
export function questionFor({ etag, lastModified }: KeptReply): string[] | undefined {
  if (etag !== undefined) return ['If-None-Match', etag]
  return lastModified === undefined ? undefined : ['If-Modified-Since', lastModified]
}

/** Of a stored reply the fields that a 304 carries (RFC 9110 §15.4.5). */
const NOT_MODIFIED = new Set([
  'cache-control',
  'content-location',
  'date',
  'etag',
  'expires',
  'vary',
  'last-modified',
])

export function notModifiedFields(fields: readonly string[]): string[] {
  const kept: string[] = []
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string
    if (NOT_MODIFIED.has(name.toLowerCase())) kept.push(name, fields[i + 1] as string)
  }
  return kept
}

/** Fields that describe the content that is kept: a 304 does not change them (RFC 9111 §3.2). */
const OF_CONTENT = new Set([
  'content-length',
  'content-encoding',
  'content-type',
  'content-range',
  'transfer-encoding',
])

/** The kept fields with those of a 304 in their place. */
export function freshened(kept: readonly string[], update: HeaderList): string[] {
  const news = update.flat()
  const named = new Set<string>()
  const added: string[] = []
  for (let i = 0; i < news.length; i += 2) {
    const lower = (news[i] as string).toLowerCase()
    if (OF_CONTENT.has(lower)) continue
    named.add(lower)
    added.push(news[i] as string, news[i + 1] as string)
  }
  const old: string[] = []
  for (let i = 0; i < kept.length; i += 2) {
    if (!named.has((kept[i] as string).toLowerCase())) old.push(kept[i] as string, kept[i + 1] as string)
  }
  return [...old, ...added]
}
