import { hash } from 'node:crypto'
import { idOf, resources } from '@portcullis/model/collection'
import type { Counters, Limit } from '@portcullis/ports/counters/port'
import type { Log } from '@portcullis/ports/log/port'
import type { Mail } from '@portcullis/ports/mail/port'
import type { Store } from '@portcullis/ports/store/port'
import { type Configuration, errors, type KoaContextWithOIDC, Provider } from 'oidc-provider'
import { subjectOfAssertion } from '../grant/jwt-bearer/assertion.ts'

export interface BackchannelParts {
  readonly organization: string
  readonly issuer: URL
  readonly store: Store
  readonly counters: Counters
  readonly log: Log
  readonly mail?: Mail | undefined
  readonly title: () => Promise<string>
}

type Feature = NonNullable<NonNullable<Configuration['features']>['ciba']>

const MOST_MESSAGE_CHARACTERS = 100
/** How often one user is asked at most, by all apps together: who is asked too often says yes one day. */
const ASK_LIMIT: Limit = { limit: 10, windowMillis: 600_000, burst: 10 }
/** CIBA Core §7.3: five seconds between two polls; a little less, because networks are no clocks. */
const POLL_LIMIT: Limit = { limit: 1, windowMillis: 4_000, burst: 1 }

/** Sign-in on another device (OpenID CIBA Core): the app names the user, who is told and answers on the account page. */
export function backchannel(parts: BackchannelParts): Feature {
  return {
    enabled: true,
    deliveryModes: ['poll', 'ping'],
    async processLoginHint(_, hint) {
      if (hint === undefined) return undefined
      await demandPatience(parts, hint)
      return hint
    },
    async processLoginHintToken(ctx, token) {
      if (token === undefined) return undefined
      const user = await userInHint(ctx, token)
      await demandPatience(parts, user)
      return user
    },
    // Nobody has such a code (`backchannel_user_code_parameter`): users answer after they have signed in.
    async verifyUserCode(_, __, code) {
      if (code !== undefined) throw new errors.InvalidRequest('there are no user codes here')
    },
    async validateBindingMessage(_, message) {
      if (message === undefined) return
      if (message.length > MOST_MESSAGE_CHARACTERS || !/^[\p{L}\p{N} .,:;#+/()€$-]+$/u.test(message)) {
        throw new errors.InvalidBindingMessage(
          `at most ${MOST_MESSAGE_CHARACTERS} letters, digits, spaces and . , : ; # + - / ( )`,
        )
      }
    },
    async validateRequestContext(_, context) {
      if (context !== undefined) throw new errors.InvalidRequest('request_context is not known here')
    },
    async triggerAuthenticationDevice(ctx, _request, account, client) {
      const app = client.clientName ?? client.clientId
      parts.log.info('asked on another device', {
        organization: parts.organization,
        client: client.clientId,
        subject: account.accountId,
      })
      await tell(parts, account.accountId, app, textOf(ctx.oidc.params?.binding_message))
    },
  }
}

/** Whoever polls faster than told is told to slow down (CIBA Core §11), by request and before anything is looked at. */
export function slowDownPolling(provider: Provider, { counters, organization }: BackchannelParts): void {
  const model = provider.BackchannelAuthenticationRequest
  const find = model.find.bind(model)
  Object.assign(model, {
    async find(id: string, options: Parameters<typeof find>[1]) {
      if (Provider.ctx?.oidc.route === 'token') {
        const key = `backchannel-poll/${organization}/${hash('sha256', id, 'base64url')}`
        if (!(await counters.take(key, POLL_LIMIT, 1)).taken) throw new errors.SlowDown()
      }
      return find(id, options)
    },
  })
}

/** A JWT of the app itself that names the user (`sub`): for us, short, and used once. */
async function userInHint(ctx: KoaContextWithOIDC, token: string): Promise<string> {
  const { client } = ctx.oidc
  if (client === undefined) throw new errors.InvalidClient('no client')
  try {
    return await subjectOfAssertion(ctx, client, token)
  } catch (thrown) {
    if (!(thrown instanceof errors.InvalidGrant)) throw thrown
    throw new errors.InvalidRequest('login_hint_token is no assertion of this app')
  }
}

async function demandPatience({ counters, organization }: BackchannelParts, user: string): Promise<void> {
  const key = `backchannel/${organization}/${hash('sha256', user, 'base64url')}`
  if ((await counters.take(key, ASK_LIMIT, 1)).taken) return
  throw new errors.AccessDenied('this user was asked too often')
}

/** By mail, where there is one; in any case it waits on the account page. That nobody could be told is no refusal. */
async function tell(
  { store, organization, issuer, mail, title, log }: BackchannelParts,
  user: string,
  app: string,
  message: string | undefined,
): Promise<void> {
  const found = await store.get(resources, organization, idOf.resource('User', user))
  const to = found?.value.kind === 'User' ? found.value.spec.email : undefined
  if (mail === undefined || to === undefined) return
  const said = message === undefined ? [] : [`It says: ${message}`]
  const text = [
    `${app} wants to act for you. Answer here, after you have signed in:`,
    `${issuer.href}/account/approvals`,
    ...said,
    'If you did not begin this, do not allow it.',
  ]
  const sent = { to, subject: `${await title()}: ${app} asks you`, text: `${text.join('\n\n')}\n` }
  await mail.send({ ...sent, key: `backchannel/${crypto.randomUUID()}` }).catch((error: unknown) => {
    log.warn('nobody could be told of a request', { organization, subject: user, error })
  })
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
