import type { TokenAnswer, World } from '../test-kit.ts'

/** A request to the registration endpoint or any other below an issuer, its body as JSON. */
export async function send(
  world: World,
  method: string,
  path: string,
  body?: unknown,
  token?: string,
  organization?: string,
): Promise<TokenAnswer> {
  // Registrations are limited by place: as if a while had passed.
  world.clock.advance(token === 'guess' ? 0 : 60_000)
  const answer = await fetch(`${world.issuer(organization)}${path}`, {
    method,
    headers: {
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const text = await answer.text()
  return { status: answer.status, headers: answer.headers, body: JSON.parse(text || '{}') }
}
