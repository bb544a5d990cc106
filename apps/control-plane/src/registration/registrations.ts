import { randomBytes } from 'node:crypto'
import type { Duration } from '@portcullis/kernel/duration'
import { fingerprintOf, Secret } from '@portcullis/kernel/secret'
import type { Approval } from '@portcullis/model/approval/approval'
import { idOf, issuedStatements, registrationLeaves, resources, SYSTEM } from '@portcullis/model/collection'
import { type SoftwareClaims, softwareClaims } from '@portcullis/model/registration/software-statement'
import type { OrganizationSpec } from '@portcullis/model/resource/organization'
import type { Stage } from '@portcullis/model/resource/stage'
import type { Approvals } from '@portcullis/oauth/approval/approvals'
import { type IssuedStatement, issueStatement } from '@portcullis/oauth/registration/issue-statement'
import type { Clock } from '@portcullis/ports/clock/port'
import type { Secrets } from '@portcullis/ports/secrets/port'
import { put, type Store } from '@portcullis/ports/store/port'
import type { Changer } from '../change/changer.ts'
import { issuerOf } from '../revision/compile-revision.ts'
import { registrationFaults } from './fault.ts'

/** A software statement that was issued, or the approval for which it waits. */
export type AskedStatement = { readonly issued: IssuedStatement } | { readonly approval: string }

/** What people do so that apps can register themselves. */
export interface ControlledRegistrations {
  /** Leave for one app to register (RFC 7591 §1.2): a token that is shown once. */
  give(organization: string, stage: Stage, expiresIn: Duration, actor: string): Promise<Secret>
  /** Asks for a software statement: issued at once where nobody has to approve it. `user`: for whom, who may not approve it. */
  ask(
    organization: string,
    claims: SoftwareClaims,
    by: { readonly actor: string; readonly user?: string | undefined },
  ): Promise<AskedStatement>
  /** Issues what was approved, once. */
  issue(organization: string, approval: string, actor: string): Promise<IssuedStatement>
}

interface Parts {
  readonly store: Store
  readonly secrets: Secrets
  readonly clock: Clock
  readonly changer: Changer
  readonly approvals: Approvals
  readonly authserverUrl: string
}

const KIND = 'software-statement'
const APPROVAL_MILLIS = 7 * 86_400_000

export function openRegistrations(parts: Parts): ControlledRegistrations {
  const { store, clock, changer, approvals, authserverUrl } = parts

  async function issueNow(organization: string, claims: SoftwareClaims, actor: string, approval?: string) {
    const { url } = issuerOf(authserverUrl, organization)
    const target = `${organization}/software-statement${approval === undefined ? '' : `/${approval}`}`
    return changer.amend(actor, 'issue software statement', target, async () => {
      if (
        approval !== undefined &&
        (await store.get(issuedStatements, organization, approval)) !== undefined
      ) {
        throw registrationFaults.issued()
      }
      const issued = await issueStatement(parts, organization, url, claims)
      const note = { approval: approval ?? 'none', expiresAt: issued.expiresAt }
      const changes = [put(issuedStatements, organization, approval ?? issued.id, note, { expect: 'absent' })]
      return { changes, result: issued }
    })
  }

  return {
    async give(organization, stage, expiresIn, actor) {
      const spec = await specOf(store, organization)
      if (spec.registration?.[stage] === undefined) throw registrationFaults.off()
      const token = new Secret(`iat_${randomBytes(32).toString('base64url')}`)
      const options = { expect: 'absent', expiresAt: clock.now() + expiresIn.milliseconds } as const
      return changer.amend(actor, 'give leave to register', `${organization}/${stage}`, async () => ({
        changes: [put(registrationLeaves, organization, fingerprintOf(token), { stage, by: actor }, options)],
        result: token,
      }))
    },

    async ask(organization, claims, { actor, user }) {
      const { statementApprovers: approvers } = await specOf(store, organization)
      if (approvers === undefined) return { issued: await issueNow(organization, claims, actor) }
      const title = `A software statement for "${claims.title}"`
      const asker = { app: actor, ...(user !== undefined && { user }) }
      const wanted = { kind: KIND, title, details: detailsOf(claims), asker, approvers }
      const { id } = await approvals.ask(organization, { ...wanted, withinMillis: APPROVAL_MILLIS })
      return { approval: id }
    },

    async issue(organization, id, actor) {
      const approval = await approvals.get(organization, id)
      if (approval === undefined || approval.kind !== KIND) throw registrationFaults['unknown-statement']()
      const state = approvals.stateOf(approval)
      if (state !== 'approved') throw registrationFaults['not-approved']({ detail: `It is ${state}.` })
      return issueNow(organization, softwareClaims.parse(approval.details), actor, id)
    },
  }
}

/** For those who decide; what is absent is not told. */
function detailsOf(claims: SoftwareClaims): Approval['details'] {
  const entries = Object.entries(claims)
  return Object.fromEntries(
    entries.filter((each): each is [string, Exclude<(typeof each)[1], undefined>] => each[1] !== undefined),
  )
}

async function specOf(store: Store, organization: string): Promise<OrganizationSpec> {
  const found = await store.get(resources, SYSTEM, idOf.resource('Organization', organization))
  if (found?.value.kind !== 'Organization') throw registrationFaults['unknown-organization']()
  return found.value.spec
}
