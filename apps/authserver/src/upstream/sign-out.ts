import { randomBytes } from 'node:crypto'
import type { Collection } from '@portcullis/model/collection'
import type { Clock } from '@portcullis/ports/clock/port'
import type { Log } from '@portcullis/ports/log/port'
import { put, remove, type Store } from '@portcullis/ports/store/port'
import type { KoaContextWithOIDC } from 'oidc-provider'
import { nativeTarget } from '../page/layout.ts'
import { showForward } from '../provider/screen.ts'
import { upstreamFaults } from './fault.ts'
import { FEDERATED } from './federated-sessions.ts'
import type { Federation } from './federation.ts'

/** Where a browser goes on after it has signed out with a provider, by a state that it brings back. */
interface SignOut {
  readonly provider: string
  readonly location: string
}
const signOuts: Collection<SignOut> = { name: 'upstream-sign-out', index: () => ({}) }

const KEPT_MILLIS = 10 * 60_000

interface SignOutParts {
  readonly store: Store
  readonly clock: Clock
  readonly log: Log
  readonly organization: string
  readonly issuer: URL
  readonly federation: Federation
  readonly title: () => Promise<string>
}

/**
 * A user who has signed out here, and had signed in with a provider, goes there to sign out too, and comes back. Then on to where
 * the app wants them, by way of a page: it was a form that brought them.
 */
export async function goOnAfterSignOut(ctx: KoaContextWithOIDC, parts: SignOutParts): Promise<void> {
  if (ctx._matchedRouteName !== 'end_session_confirm' || ctx.status !== 303) return
  await signOutUpstream(ctx, parts)
  const location = ctx.response.get('Location')
  if (location === '' || nativeTarget(location) !== undefined) return
  const { origin, host } = new URL(location)
  if (origin === parts.issuer.origin) return
  const title = ctx.oidc.client?.clientName ?? host
  showForward(ctx, { organization: await parts.title(), title, location })
}

async function signOutUpstream(ctx: KoaContextWithOIDC, parts: SignOutParts): Promise<void> {
  const { session } = ctx.oidc
  if (session === undefined) return
  const { amr, uid, accountId } = session
  if (!('destroyed' in session) || accountId === undefined || amr?.includes(FEDERATED) !== true) return
  const { federation, log, organization } = parts
  const rests = await federation.sessions.find(uid, accountId)
  const upstream = rests && (await federation.sessions.upstreamOf(rests))
  if (upstream === undefined || upstream.provider.upstream.by !== 'browser') return
  const { provider } = upstream
  try {
    const state = randomBytes(32).toString('base64url')
    const back = new URL(`${parts.issuer.href}/upstream/${provider.name}/signed-out`)
    const there = await upstream.provider.upstream.signOut?.(upstream.session, back, state)
    if (there === undefined) return
    await keep(parts, state, { provider: provider.name, location: ctx.response.get('Location') })
    const { title } = provider.spec
    showForward(ctx, { organization: await parts.title(), title, location: there.href })
  } catch (error) {
    // Signed out here they are; the provider that does not answer keeps its own session.
    log.warn('no sign-out with the identity provider', { organization, provider: provider.name, error })
  }
}

/** Once. Fault: `upstream.expired`. */
export async function afterSignOut(
  { store, organization }: Pick<SignOutParts, 'store' | 'organization'>,
  provider: string,
  state: string,
): Promise<string> {
  const found = await store.get(signOuts, organization, state)
  if (found?.value.provider !== provider) throw upstreamFaults.expired()
  await store.commit([remove(signOuts, organization, state)])
  return found.value.location
}

async function keep(
  { store, clock, organization }: SignOutParts,
  state: string,
  value: SignOut,
): Promise<void> {
  const options = { expiresAt: clock.now() + KEPT_MILLIS }
  await store.commit([put(signOuts, organization, state, value, options)])
}
