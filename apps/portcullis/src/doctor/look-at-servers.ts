import { addressesOf, issuerOf } from '../composition/address.ts'
import type { Settings } from '../setting/settings.ts'
import { careful, type Symptom, well, wrong } from './symptom.ts'

const TIMEOUT_MILLIS = 5000
/** Tokens are judged with ten seconds of patience. */
const SKEW_MILLIS = 10_000

/** How OpenSSL and Node call what is wrong with a certificate. */
const UNTRUSTED = /^[A-Z_]*(?:CERT|UNABLE_TO_)[A-Z_]*/

function ask(url: string): Promise<Response> {
  return fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(TIMEOUT_MILLIS) })
}

/** Every server of the installation: that it answers, that it is ready, and that its clock is ours. */
export async function lookAtServers(settings: Settings): Promise<Symptom[]> {
  const { gateway, controlPlane, authserver } = addressesOf(settings)
  const has = (role: Settings['roles'][number]): boolean => settings.roles.includes(role)
  const looks = [
    ...(settings.operationsPort === undefined ? [] : [lookAtReadiness(settings)]),
    ...(has('gateway') ? [lookAt('The gateway', `${gateway}/`, 'PORTCULLIS_GATEWAY_PORT')] : []),
    lookAt(
      'The authorization server',
      `${issuerOf({ gateway, controlPlane, authserver }, 'system')}/.well-known/openid-configuration`,
      'PORTCULLIS_AUTHSERVER_URL',
    ),
    lookAt('The control plane', `${controlPlane}/v1/openapi.json`, 'PORTCULLIS_CONTROL_PLANE_URL'),
  ]
  return (await Promise.all(looks)).flat()
}

async function lookAtReadiness({ operationsHost, operationsPort }: Settings): Promise<Symptom[]> {
  const url = `http://${operationsHost}:${operationsPort}/health/ready`
  try {
    const answer = await ask(url)
    const told = (await answer.text()).trim()
    if (answer.ok) return [well('The process on this machine is ready for calls.')]
    return [wrong(`The process on this machine is not ready: ${told}.`, remedyFor(told))]
  } catch {
    return [
      careful(
        `Nothing answers at ${url}.`,
        'Portcullis does not run on this machine, or PORTCULLIS_OPERATIONS_PORT is another.',
      ),
    ]
  }
}

function remedyFor(told: string): string {
  if (told.includes('no revision'))
    return 'Apply declarations with an Environment; on a gateway apart look at the log: it says why none is fetched.'
  return 'It starts or ends: ask again in a few seconds.'
}

async function lookAt(who: string, url: string, setting: string): Promise<Symptom[]> {
  const before = Date.now()
  try {
    const answer = await ask(url)
    await answer.body?.cancel()
    const answers =
      answer.status >= 500
        ? wrong(
            `${who} answers with ${answer.status} at ${url}.`,
            'Its log says why; often its database is away, or its disk full.',
          )
        : well(`${who} answers at ${new URL(url).origin}.`)
    return [answers, ...skewOf(who, answer.headers.get('date'), before, Date.now())]
  } catch (thrown) {
    const reason = reasonOf(thrown)
    if (UNTRUSTED.test(reason)) {
      return [
        careful(
          `${who} answers with a certificate that this machine does not trust: ${reason}.`,
          'An authority of your own: NODE_EXTRA_CA_CERTS=FILE npx portcullis doctor. Otherwise renew it: docs/how-to/serve-https.md.',
        ),
      ]
    }
    return [wrong(`${who} does not answer at ${url}: ${reason}.`, `Start it, or mend ${setting}.`)]
  }
}

/** A token that one machine issues is too new, or too old, for another whose clock is wrong. */
export function skewOf(who: string, date: string | null, before: number, after: number): Symptom[] {
  const theirs = date === null ? Number.NaN : Date.parse(date)
  // The field has whole seconds.
  const behind = before - (theirs + 1000)
  const ahead = theirs - after
  const skew = Math.max(behind, ahead)
  if (Number.isNaN(theirs) || skew <= SKEW_MILLIS) return []
  const side = ahead > behind ? 'ahead of' : 'behind'
  return [
    wrong(
      `The clock of ${who.toLowerCase()} is ${Math.round(skew / 1000)} s ${side} the one of this machine.`,
      'Let NTP set both: tokens and certificates are refused as too new or expired.',
    ),
  ]
}

function reasonOf(thrown: unknown): string {
  const { cause, message } = thrown as Error
  const { code = '', message: deeper = '' } = (cause ?? {}) as { code?: string; message?: string }
  return [code, deeper].filter((each) => each !== '').join(' ') || message
}
