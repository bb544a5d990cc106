/** Whether a URL leads to this machine itself, by the host as it is written (RFC 6761 §6.3, RFC 8252 §7.3). */
export function isLoopback(url: URL): boolean {
  const { hostname } = url
  if (hostname === 'localhost' || hostname.endsWith('.localhost') || hostname === '[::1]') return true
  // A parsed URL writes every IPv4 address as four decimal numbers, so a name such as 127.evil.example stays out.
  return /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(hostname)
}
