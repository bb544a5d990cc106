import { hash } from 'node:crypto'
import { Secret } from '@portcullis/kernel/secret'
import { checkUserCode } from '@portcullis/oauth/user-code/user-code'
import type { Counters, Limit } from '@portcullis/ports/counters/port'
import type { Log } from '@portcullis/ports/log/port'
import { type Configuration, errors, type KoaContextWithOIDC, Provider } from 'oidc-provider'
import { subjectOfAssertion } from '../grant/jwt-bearer/assertion.ts'
import { PUSHED } from '../provider/client.ts'
import { type TellingOrganization, type TellUserParts, tellUser } from '../tell-user.ts'

export interface BackchannelParts extends TellUserParts, TellingOrganization {
  readonly issuer: URL
  readonly counters: Counters
  readonly log: Log
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
    processLoginHint: async (_, hint) => hint,
    processLoginHintToken: async (ctx, token) => (token === undefined ? undefined : userInHint(ctx, token)),
    async verifyUserCode(ctx, { accountId: user }, code) {
      await demandUserCode(parts, ctx, user, code)
      await demandPatience(parts, user)
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

/** Apps are told by deliveries, which are tried again: the user's answer does not wait for them. */
export function tellLater({ Client }: Provider): void {
  Object.assign(Client.prototype, { backchannelPing: async () => undefined })
}

/**
 * Whoever polls faster than told is told to slow down (CIBA Core §11, RFC 8628 §3.5), by request and before anything is looked at. Who
 * is brought its tokens may not ask for them: nobody gets them twice.
 */
export function limitPolling(
  { BackchannelAuthenticationRequest, DeviceCode }: Provider,
  { counters, organization }: BackchannelParts,
): void {
  for (const model of [BackchannelAuthenticationRequest, DeviceCode] as Findable[]) {
    const find = model.find.bind(model)
    model.find = async (id, options) => {
      const { oidc } = Provider.ctx ?? {}
      if (oidc?.route === 'token') {
        if (model.name === BackchannelAuthenticationRequest.name && oidc.client?.[PUSHED] === true)
          throw new errors.UnauthorizedClient('its tokens are brought to it')
        const key = `${model.name}-poll/${organization}/${hash('sha256', id, 'base64url')}`
        if (!(await counters.take(key, POLL_LIMIT, 1)).taken) throw new errors.SlowDown()
      }
      return find(id, options)
    }
  }
}

interface Findable {
  readonly name: string
  find(id: string, options?: unknown): Promise<unknown>
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

/** In any case it waits on the account page. That nobody could be told is no refusal. */
async function tell(
  parts: BackchannelParts,
  user: string,
  app: string,
  message: string | undefined,
): Promise<void> {
  const { organization, issuer, log } = parts
  const said = message === undefined ? [] : [`It says: ${message}`]
  const text = [
    `${app} wants to act for you. Answer here, after you have signed in:`,
    `${issuer.href}/account/approvals`,
    ...said,
    'If you did not begin this, do not allow it.',
  ]
  const sent = {
    key: ['backchannel', crypto.randomUUID()],
    subject: `${app} asks you`,
    text: `${text.join('\n\n')}\n`,
  }
  await tellUser(parts, parts, user, sent).catch((error: unknown) => {
    log.warn('nobody could be told of a request', { organization, subject: user, error })
  })
}

async function demandUserCode(
  parts: BackchannelParts,
  { oidc: { client } }: KoaContextWithOIDC,
  user: string,
  code: string | undefined,
): Promise<void> {
  const { organization } = parts
  if (code !== undefined && client?.backchannelUserCodeParameter !== true) {
    throw new errors.InvalidRequest('this app does not send user codes')
  }
  const secret = code === undefined ? undefined : new Secret(code)
  const presented = { organization, user, app: client?.clientId ?? '', code: secret }
  switch (await checkUserCode(parts, presented)) {
    case 'missing':
      throw new errors.MissingUserCode('this user is asked with their code only')
    case 'wrong':
      throw new errors.InvalidUserCode('that is not the code of this user')
    case 'limited':
      throw new errors.AccessDenied('there were too many wrong codes')
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
