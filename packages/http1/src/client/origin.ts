/** Where requests go. */
export interface Origin {
  readonly isTls: boolean
  /** A name or an address; IPv6 without brackets. */
  readonly host: string
  readonly port: number
}

/** Reads `http://host:port`. Throws a TypeError for anything else, a path or a user in it too. */
export function readOrigin(text: string): Origin {
  const url = new URL(text)
  const isTls = url.protocol === 'https:'
  const isBare = url.pathname === '/' && url.search === '' && url.hash === '' && url.username === ''
  if (!(isTls || url.protocol === 'http:') || !isBare || url.password !== '' || url.hostname === '') {
    throw new TypeError(`"${text}" is no origin of http or https`)
  }
  const host = url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname
  return { isTls, host, port: url.port === '' ? (isTls ? 443 : 80) : Number(url.port) }
}
