/**
 * The audience of an API version in an environment: the URL at which callers find it. It is the resource indicator
 * (RFC 8707 §2) that apps name and the `aud` (RFC 9068 §2.2) that the gateway demands.
 */
export function audienceOf(environmentUrl: string, basePath: string): string {
  return environmentUrl.replace(/\/+$/, '') + basePath
}

/** Whether an audience is one of the environment at a URL, by whole segments of the path. */
export function isAudienceOf(environmentUrl: string, audience: string): boolean {
  const base = environmentUrl.replace(/\/+$/, '')
  return audience === base || audience.startsWith(`${base}/`)
}
