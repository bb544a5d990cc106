import { hash } from 'node:crypto'
import { Fault } from '@portcullis/kernel/fault'
import type { Policy } from '@portcullis/policy-kit/policy'
import type { Principal } from '@portcullis/policy-kit/principal'
import { proceed, refuse, type Verdict } from '@portcullis/policy-kit/verdict'
import { RecentMap } from '../memory/recent-map.ts'
import { type MtlsConfig, type MtlsFacts, mtlsContract } from './contract.ts'
import { certificateJudge, checkTimes, type JudgedCertificate, type Judgement } from './rules.ts'

/** How many certificates are remembered for one attachment; whoever makes up more only makes us read them again. */
const MAX_JUDGED = 2_000

interface Remembered {
  readonly judgement: Judgement
  /** The same for all calls, for steps that remember what follows from a principal. */
  readonly verdict: Verdict | undefined
}

/** Establishes the app from the certificate of its connection. A call without one goes on. */
export const mtls: Policy<MtlsConfig, MtlsFacts> = {
  contract: mtlsContract,
  needs: [],
  bind(config, _ports, { facts }) {
    const judge = certificateJudge(config)
    const judged = new RecentMap<Remembered>(MAX_JUDGED)

    function recall(der: Uint8Array, verified: boolean): Remembered {
      const name = hash('sha256', der, 'base64') + verified
      const before = judged.get(name)
      if (before !== undefined) return before
      const judgement = judge(der, verified)
      const verdict = judgement === undefined || 'fault' in judgement ? undefined : identify(judgement)
      const remembered = { judgement, verdict }
      judged.set(name, remembered)
      return remembered
    }

    function identify({ app, claims, validTo }: JudgedCertificate): Verdict {
      const identity: Principal = {
        schemes: facts.schemes,
        issuer: facts.issuer,
        client: app,
        subject: app,
        scopes: new Set(),
        expiresAt: validTo,
        claims,
      }
      return proceed({ serial: String(claims.serial) }, { identity })
    }

    return {
      onRequest({ request, receivedAt }) {
        const certificate = request.tls?.clientCertificate
        if (certificate === undefined) return proceed()
        const { judgement, verdict } = recall(certificate.der, certificate.verified)
        if (judgement === undefined || verdict === undefined) {
          return judgement !== undefined && 'fault' in judgement ? refuse(judgement.fault()) : proceed()
        }
        try {
          checkTimes(judgement as JudgedCertificate, receivedAt)
          return verdict
        } catch (thrown) {
          if (thrown instanceof Fault) return refuse(thrown)
          throw thrown
        }
      },
    }
  },
}
