import { hash } from 'node:crypto'
import { Duration } from '@portcullis/kernel/duration'
import { canonicalJson } from '@portcullis/kernel/json'
import { parseStrictObject } from '@portcullis/kernel/strict-json'
import type { Vault } from '@portcullis/ports/vault/port'
import { type ClientCertificate, type Web, type WebAnswer, webFaults } from '@portcullis/ports/web/port'
import { clientCertificateOf } from '../client/certificate.ts'
import { type AskOnce, askingOnce } from '../memory/ask-once.ts'
import { type DecisionPointConfig, decisionPointFaults } from './contract.ts'
import { Unreadable } from './demand.ts'
import { type Decision, dialectNamed } from './dialect.ts'
import type { Inquiry } from './facts.ts'

const MAX_ANSWER_BYTES = 64 * 1024
/** Decisions that a gateway keeps. */
const MAX_KEPT = 10_000

// One memory for all decision points of a gateway, so that its bounds are of the gateway; a new revision goes on using it.
const memories = new WeakMap<Web, AskOnce<Decision>>()

export type AskDecisionPoint = (
  inquiry: Inquiry,
  call: { readonly id: string; readonly nowMillis: number },
) => Decision | Promise<Decision>

/**
 * Asks the decision point, or remembers what it said of a call that was alike. Those who ask the same at the same moment
 * share one answer. What can't be answered is never kept.
 *
 * @throws vault.unknown when the secret is not there.
 */
export function decisionPointAsker(
  config: DecisionPointConfig,
  { web, vault }: { readonly web: Web; readonly vault: Vault },
): AskDecisionPoint {
  const dialect = dialectNamed(config.dialect)
  const credentials = credentialsOf(config.credentials, vault)
  const timeoutMillis = Duration.parse(config.timeout).milliseconds
  const keepMillis = Duration.parse(config.keepFor).milliseconds
  const alikeBy = config.keepBy && new Set(config.keepBy)
  const conditions = canonicalJson(config)
  const askOnce = memories.get(web) ?? askingOnce<Decision>(MAX_KEPT)
  memories.set(web, askOnce)

  async function ask(inquiry: Inquiry, id: string): Promise<Decision> {
    const answer = await send(inquiry, id)
    if (answer.status !== 200) {
      throw decisionPointFaults.unavailable({
        internal: `${config.url} answers with status ${answer.status}`,
      })
    }
    const told = parseStrictObject(answer.body)
    try {
      if (told === undefined) throw new Unreadable('it is no JSON object')
      return dialect.read(told, inquiry.questions.length)
    } catch (thrown) {
      if (!(thrown instanceof Unreadable)) throw thrown
      throw decisionPointFaults['bad-answer']({ internal: `${config.url}: ${thrown.message}` })
    }
  }

  async function send(inquiry: Inquiry, id: string): Promise<WebAnswer> {
    const { mediaType } = dialect
    try {
      return await web.ask({
        url: config.url,
        method: 'POST',
        headers: ['Content-Type', mediaType, 'Accept', mediaType, 'X-Request-ID', id, ...credentials.headers],
        certificate: credentials.certificate,
        body: JSON.stringify(dialect.write(inquiry)),
        timeoutMillis,
        maxBytes: MAX_ANSWER_BYTES,
      })
    } catch (cause) {
      if (webFaults['too-large'].is(cause)) {
        throw decisionPointFaults['bad-answer']({ internal: `${config.url} answers with too much`, cause })
      }
      throw decisionPointFaults.unavailable({ internal: `${config.url} does not answer`, cause })
    }
  }

  /** A hash: what is told of callers does not lie in memory. */
  function nameOf(inquiry: Inquiry, context: Inquiry['context']): string {
    return hash('sha256', conditions + JSON.stringify({ ...inquiry, context }), 'base64url')
  }

  function alike({ context }: Inquiry): Inquiry['context'] {
    if (alikeBy === undefined) return context
    return context.filter(({ path }) => alikeBy.has(`/${path.map(escaped).join('/')}`))
  }

  return (inquiry, { id, nowMillis }) => {
    const name = nameOf(inquiry, keepMillis === 0 ? inquiry.context : alike(inquiry))
    return askOnce(name, nowMillis, async () => ({ value: await ask(inquiry, id), keepMillis }))
  }
}

function escaped(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1')
}

interface ShownCredentials {
  /** Names and values in turn. */
  readonly headers: readonly string[]
  readonly certificate?: ClientCertificate
}

function credentialsOf(credentials: DecisionPointConfig['credentials'], vault: Vault): ShownCredentials {
  if (credentials === undefined) return { headers: [] }
  const { scheme, user, secret: named } = credentials
  const secret = vault.secret(named)
  switch (scheme) {
    case 'certificate':
      return { headers: [], certificate: clientCertificateOf(secret) }
    case 'bearer':
      return { headers: ['Authorization', `Bearer ${secret.reveal()}`] }
    case 'basic':
      return {
        headers: ['Authorization', `Basic ${Buffer.from(`${user}:${secret.reveal()}`).toString('base64')}`],
      }
  }
}
