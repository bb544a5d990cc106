import type { Danger } from '@portcullis/policy-kit/policy'

/** The audience of a caller's token is this API: a backend that gets it can call the API as the caller. */
export function forwardedToken({ forwardToken }: { readonly forwardToken: boolean }): Danger[] {
  if (!forwardToken) return []
  const detail =
    'The backend gets a token that is not meant for it, and could use it against this API; backend-auth exchanges it.'
  return [{ path: ['forwardToken'], detail }]
}
