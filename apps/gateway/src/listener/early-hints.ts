import type { IncomingRequest } from '@portcullis/policy-kit/exchange'

/**
 * Passes early hints on (RFC 8297). Reply steps do not see them, so that nothing goes but links, which is all that they
 * are for: whatever else a backend said there would pass by the steps that hide or mask it.
 */
export function passHints(request: IncomingRequest, status: number, fields: readonly string[]): void {
  const links = fields.filter((_, i) => fields[i - (i % 2)]?.toLowerCase() === 'link')
  if (links.length > 0) request.inform?.(status, links)
}
