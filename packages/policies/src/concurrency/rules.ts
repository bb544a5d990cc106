/** When a place comes back nobody knows: whoever is refused is asked to wait a moment (RFC 9110 §10.2.3). */
export const RETRY_SOON = ['Retry-After', '1'] as const
