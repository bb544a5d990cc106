import { availableParallelism } from 'node:os'
import { createSecureContext } from 'node:tls'
import type { ProxyField } from '@portcullis/gateway/caller/read-caller'
import { Duration, isDuration } from '@portcullis/kernel/duration'
import { name } from '@portcullis/kernel/schema'
import { Secret } from '@portcullis/kernel/secret'
import { readRange } from '@portcullis/policies/ip-filter/range'
import { isMailAddress } from '@portcullis/ports/mail/prepare'
import { readMailServer } from '@portcullis/smtp/mail-server'
import type { Parsed } from './setting.ts'

export function text(value: string): Parsed<string> {
  return value === '' ? { expected: 'a text that is not empty' } : { value }
}

export function secret(value: string): Parsed<Secret> {
  return value === '' ? { expected: 'a text that is not empty' } : { value: new Secret(value) }
}

export function port(value: string): Parsed<number> {
  const number = wholeNumber(value)
  return number !== undefined && number <= 65_535 ? { value: number } : { expected: 'a port: 0 to 65535' }
}

export function portOrNone(value: string): Parsed<number | undefined> {
  return value === 'none' ? { value: undefined } : port(value)
}

export function count(value: string): Parsed<number> {
  const number = wholeNumber(value)
  return number !== undefined && number > 0 ? { value: number } : { expected: 'a whole number above 0' }
}

/** Groups for the key exchange of TLS, the preferred first, of those that this Node has. */
export function tlsGroups(value: string): Parsed<string | undefined> {
  if (value === 'auto') return { value: undefined }
  const groups = value.split(',').map((each) => each.trim())
  try {
    for (const group of groups) createSecureContext({ ecdhCurve: group })
    return { value: groups.join(':') }
  } catch {
    return { expected: 'auto, or groups that this Node has, such as X25519MLKEM768,X25519,P-256' }
  }
}

/** RFC 6797 §6.1, in the one spelling that everybody understands. */
export function strictTransportSecurity(value: string): Parsed<string> {
  return /^max-age=\d{1,10}(; includeSubDomains)?(; preload)?$/.test(value)
    ? { value }
    : { expected: 'max-age=SECONDS, then perhaps "; includeSubDomains", then perhaps "; preload"' }
}

export function countOrNone(value: string): Parsed<number | undefined> {
  return value === 'none' ? { value: undefined } : count(value)
}

/** More threads than that have never helped anybody who did not say so. */
const MAX_AUTO_THREADS = 8
const MAX_THREADS = 256

/** Threads that share a port: `auto` is one for every core where the system can do that as it should. */
export function threadCount(value: string): Parsed<number> {
  if (value === 'auto') {
    return { value: process.platform === 'linux' ? Math.min(availableParallelism(), MAX_AUTO_THREADS) : 1 }
  }
  const number = wholeNumber(value)
  return number !== undefined && number > 0 && number <= MAX_THREADS
    ? { value: number }
    : { expected: `auto or a whole number from 1 to ${MAX_THREADS}` }
}

export function yesOrNo(value: string): Parsed<boolean> {
  if (value === 'true') return { value: true }
  return value === 'false' ? { value: false } : { expected: 'true or false' }
}

export function duration(value: string): Parsed<Duration> {
  return isDuration(value)
    ? { value: Duration.parse(value) }
    : { expected: 'a duration: 250ms, 30s, 5m, 1h, 7d' }
}

/** The name of a resource. */
export function resourceName(value: string): Parsed<string> {
  const parsed = name().safeParse(value)
  return parsed.success
    ? { value }
    : { expected: 'a name: lower-case letters, digits and single hyphens, starting with a letter' }
}

/** Scheme, host and port of a server, without a slash at the end. */
export function origin(value: string): Parsed<string> {
  const url = URL.parse(value)
  if (url !== null && /^https?:$/.test(url.protocol) && url.origin === value) return { value }
  return { expected: 'an origin such as https://auth.example.com, without path or slash at the end' }
}

/** Where something is asked over HTTP. */
export function webAddress(value: string): Parsed<string> {
  const url = URL.parse(value)
  if (
    url !== null &&
    /^https?:$/.test(url.protocol) &&
    url.username === '' &&
    url.password === '' &&
    url.hash === ''
  ) {
    return { value }
  }
  return { expected: 'an address such as https://risk.example.com/assess' }
}

/** Where shared counters are, with a password perhaps. */
export function countersUrl(value: string): Parsed<Secret> {
  const url = URL.parse(value)
  const isKnown =
    url !== null && /^rediss?:$/.test(url.protocol) && url.hostname !== '' && /^\/?\d*$/.test(url.pathname)
  return isKnown && url.search === '' && url.hash === ''
    ? { value: new Secret(value) }
    : { expected: 'redis://[user:password@]host[:port][/database], or rediss:// for TLS' }
}

/** Where the server that takes mail is, with a password perhaps. */
export function mailUrl(value: string): Parsed<Secret> {
  return readMailServer(value) === undefined
    ? { expected: 'smtps://[user:password@]host[:port], or smtp:// for STARTTLS; special characters as %40' }
    : { value: new Secret(value) }
}

export function mailAddress(value: string): Parsed<string> {
  return isMailAddress(value) ? { value } : { expected: 'one mail address, such as no-reply@example.com' }
}

/** Addresses and ranges of them (CIDR), parted by commas. */
export function ranges(value: string): Parsed<readonly string[]> {
  const texts = value.split(',').map((each) => each.trim())
  return texts.every((each) => 'range' in readRange(each))
    ? { value: texts }
    : {
        expected: 'a list of addresses or ranges such as 10.0.0.0/8,2001:db8::1, nothing set behind a prefix',
      }
}

/** One way to tell of callers: two that contradict each other help only who made one of them up. */
export function proxyFields(value: string): Parsed<readonly ProxyField[]> {
  const parsed = anyProxyFields(value)
  const isOneWay =
    'value' in parsed &&
    !(parsed.value.includes('forwarded') && olderFields.some((each) => parsed.value.includes(each)))
  return isOneWay
    ? parsed
    : { expected: `forwarded alone, or some of ${olderFields.join(',')}; client-cert with either` }
}

const olderFields = ['x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host'] as const

export function oneOf<const T extends string>(...words: T[]): (value: string) => Parsed<T> {
  return (value) => {
    const word = words.find((each) => each === value)
    return word === undefined ? { expected: `one of ${words.join(', ')}` } : { value: word }
  }
}

export function someOf<const T extends string>(...words: T[]): (value: string) => Parsed<readonly T[]> {
  const one = oneOf(...words)
  return (value) => {
    const parsed = value.split(',').map((each) => one(each.trim()))
    const values = parsed.flatMap((each) => ('value' in each ? [each.value] : []))
    return values.length === parsed.length ? { value: values } : { expected: `some of ${words.join(',')}` }
  }
}

const anyProxyFields = someOf('forwarded', 'client-cert', ...olderFields)

function wholeNumber(value: string): number | undefined {
  return /^\d{1,15}$/.test(value) ? Number(value) : undefined
}
