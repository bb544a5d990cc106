import { isField, isOfConnection } from '../head/field.ts'
import type { Fields } from '../message.ts'

export interface ResponseHead {
  readonly status: number
  readonly fields: Fields
  readonly contentLength: number | undefined
}

/** Reads the fields of a response; undefined for what is none, or could not be written as HTTP/1.1 in one way only. */
export function readResponseHead(raw: readonly string[], maxFields: number): ResponseHead | undefined {
  if (raw.length > (maxFields + 1) * 2 || raw[0] !== ':status') return undefined
  const status = raw[1] as string
  if (!/^[1-5][0-9][0-9]$/.test(status)) return undefined
  let contentLength: number | undefined
  for (let i = 2; i < raw.length; i += 2) {
    const name = raw[i] as string
    const value = raw[i + 1] as string
    if (!isField(name, value) || isOfConnection(name)) return undefined
    if (name !== 'content-length') continue
    if (contentLength !== undefined || !/^[0-9]{1,15}$/.test(value)) return undefined
    contentLength = Number(value)
  }
  return { status: Number(status), fields: raw.slice(2), contentLength }
}
