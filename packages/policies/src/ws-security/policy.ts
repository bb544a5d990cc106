import { hash } from 'node:crypto'
import { Duration } from '@portcullis/kernel/duration'
import type { Secret } from '@portcullis/kernel/secret'
import type { Exchange } from '@portcullis/policy-kit/exchange'
import type { Policy } from '@portcullis/policy-kit/policy'
import type { Principal } from '@portcullis/policy-kit/principal'
import { proceed, refuse, type Verdict } from '@portcullis/policy-kit/verdict'
import { assertionsFaults } from '@portcullis/ports/assertions/port'
import type { Limit } from '@portcullis/ports/counters/port'
import { without } from '@portcullis/xml/write-xml'
import { openAssertionReader } from '../assertion/reader.ts'
import { quoted } from '../token/bearer-challenge.ts'
import { openForgeries, RETRY_LATER } from '../token/forgeries.ts'
import {
  type WsSecurityConfig,
  type WsSecurityFacts,
  wsSecurityContract,
  wsSecurityFaults,
} from './contract.ts'
import { readToken, type Token } from './rules.ts'
import { isSoap, readSecured, type SecuredMessage } from './soap.ts'
import { checkUsernameToken, type TokenUse, type UsernameToken } from './username-token.ts'

/** Establishes the caller from the security header of a SOAP message. A message without one goes on. */
export const wsSecurity: Policy<WsSecurityConfig, WsSecurityFacts, 'assertions' | 'counters' | 'vault'> = {
  contract: wsSecurityContract,
  needs: ['assertions', 'counters', 'vault'],
  bind(config, ports, { facts }) {
    const { counters, vault } = ports
    const { usernameToken, assertion, role, keepHeader, maxBytes, maxElements } = config
    const passwords = new Map<string, Secret>(
      Object.entries(usernameToken?.users ?? {}).map(([name, user]) => [name, vault.secret(user.password)]),
    )
    const reader = assertion && openAssertionReader(assertion, ports, facts)
    const forgeries = openForgeries(counters, config.attemptsPerMinute, wsSecurityFaults['too-many'])
    const challenges = [`WSSE realm=${quoted(facts.audience)}, profile="UsernameToken"`]
    // As long as any token is good: longer than that nobody needs to remember its nonce.
    const goodMillis =
      usernameToken === undefined
        ? 0
        : Duration.parse(usernameToken.lifetime).milliseconds +
          Duration.parse(usernameToken.clockSkew).milliseconds
    const once: Limit = { limit: 1, windowMillis: goodMillis + 1_000, burst: 1 }

    async function identify(token: Token, x: Exchange): Promise<Principal> {
      if (token.kind === 'username') return userOf(token.token, x)
      if (reader === undefined) throw refused('assertions are not taken')
      return reader.known(token.xml, x) ?? reader.read(token.xml, x)
    }

    async function userOf(token: UsernameToken, x: Exchange): Promise<Principal> {
      if (usernameToken === undefined) throw refused('UsernameTokens are not taken')
      const { users } = usernameToken
      const now = x.receivedAt
      const isEncrypted = x.request.scheme === 'https' || x.request.tls !== undefined
      const use = checkUsernameToken(token, passwords.get(token.name), usernameToken, { now, isEncrypted })
      if (use !== undefined) await demandFirstUse(use)
      const user = Object.hasOwn(users, token.name) ? users[token.name] : undefined
      // Somebody who is called like the app would be taken for the app itself.
      if (user === undefined || user.app === token.name) throw refused('the user is called like the app')
      return {
        schemes: facts.schemes,
        issuer: facts.audience,
        client: user.app,
        subject: token.name,
        scopes: new Set(),
        roles: new Set(user.roles),
        groups: new Set(),
        expiresAt: Number.POSITIVE_INFINITY,
        authentication: { at: now },
        claims: {},
      }
    }

    async function demandFirstUse({ name, nonce, created }: TokenUse): Promise<void> {
      const key = `username-token|${hash('sha256', [name, nonce, created].join('\n'), 'base64url')}`
      const { taken } = await counters.take(key, once, 1)
      if (!taken) throw refused('it was used before')
    }

    async function decide(message: SecuredMessage, x: Exchange): Promise<Verdict> {
      const { remoteAddress } = x.request
      try {
        await forgeries.admit(remoteAddress)
        const token = readToken(message.header, x.receivedAt)
        const identity = await identify(token, x)
        return proceed(
          { token: token.kind },
          keepHeader ? { identity } : { identity, body: Buffer.from(without(message.text, message.place)) },
        )
      } catch (thrown) {
        if (isRefused(thrown)) await forgeries.count(remoteAddress)
        return reject(thrown)
      }
    }

    /** What the caller did is an answer; that nobody can say is a failure of this step. */
    function reject(thrown: unknown): Verdict {
      if (wsSecurityFaults['too-many'].is(thrown)) return refuse(thrown, { headers: RETRY_LATER })
      if (assertionsFaults.refused.is(thrown))
        return refuse(wsSecurityFaults.refused({ internal: thrown.message, cause: thrown }), { challenges })
      if (wsSecurityFaults.refused.is(thrown)) return refuse(thrown, { challenges })
      if (Object.values(wsSecurityFaults).some((kind) => kind.is(thrown))) return refuse(thrown as never)
      throw thrown
    }

    return {
      body: { need: 'whole', maxBytes },
      onRequest(x) {
        try {
          if (!isSoap(x.request.headers)) return proceed()
          const message = readSecured(x.body ?? new Uint8Array(0), { maxBytes, maxElements }, role)
          return message === undefined ? proceed() : decide(message, x)
        } catch (thrown) {
          return reject(thrown)
        }
      },
    }
  },
}

function isRefused(thrown: unknown): boolean {
  return wsSecurityFaults.refused.is(thrown) || assertionsFaults.refused.is(thrown)
}

function refused(internal: string) {
  return wsSecurityFaults.refused({ internal })
}
