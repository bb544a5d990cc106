import { randomBytes } from 'node:crypto'
import type { Collection } from '@portcullis/model/collection'
import type { Clock } from '@portcullis/ports/clock/port'
import type { Log } from '@portcullis/ports/log/port'
import { put, remove, type Store } from '@portcullis/ports/store/port'
import type { KoaContextWithOIDC } from 'oidc-provider'
import { nativeTarget } from '../page/layout.ts'
import { showForward, showPost } from '../provider/screen.ts'
import { upstreamFaults } from './fault.ts'
import { FEDERATED } from './federated-sessions.ts'
import type { Federation } from './federation.ts'
import type { Provider } from './providers.ts'
import type { Beginning, BrowserMessage } from './upstream.ts'

/** Where a browser goes on after it has signed out with a provider, by a state that it brings back. */
interface SignOut {
  readonly provider: string
  readonly location: string
  /** What is to be compared with the answer. */
  readonly kept: Beginning['kept']
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
    const { kept } = there
    await keep(parts, state, { provider: provider.name, location: ctx.response.get('Location'), kept })
    const page = { organization: await parts.title(), title: provider.spec.title }
    if ('location' in there) showForward(ctx, { ...page, location: there.location.href })
    else showPost(ctx, { ...page, ...there })
  } catch (error) {
    // Signed out here they are; the provider that does not answer keeps its own session.
    log.warn('no sign-out with the identity provider', { organization, provider: provider.name, error })
  }
}

/**
 * Where the browser goes on, once. Fault: `upstream.expired`. Signed out here it is: an answer that is none of the provider's, or
 * that it failed there, is the log's alone.
 */
export async function afterSignOut(
  { organization }: Pick<SignOutParts, 'organization'>,
  { store, log }: Pick<SignOutParts, 'store' | 'log'>,
  { name: provider, upstream }: Provider,
  state: string,
  message: BrowserMessage,
): Promise<string> {
  const found = await store.get(signOuts, organization, state)
  if (found?.value.provider !== provider) throw upstreamFaults.expired()
  await store.commit([remove(signOuts, organization, state)])
  const { location, kept } = found.value
  try {
    if (upstream.by === 'browser') await upstream.finishSignOut?.(message, kept)
  } catch (error) {
    log.warn('no sign-out with the identity provider', { organization, provider, error })
  }
  return location
}

async function keep(
  { store, clock, organization }: SignOutParts,
  state: string,
  value: SignOut,
): Promise<void> {
  const options = { expiresAt: clock.now() + KEPT_MILLIS }
  await store.commit([put(signOuts, organization, state, value, options)])
}
