import type { ChangeResult, ResourceChange } from '@portcullis/api-client/route/bundle'
import type { Finding } from '@portcullis/model/finding/finding'
import { FindingsFault } from '@portcullis/model/finding/findings-fault'
import { commitAfter, readBase } from '@portcullis/oauth/audit/change-record'
import type { Catalog } from '@portcullis/policy-kit/policy'
import type { Clock } from '@portcullis/ports/clock/port'
import type { Log } from '@portcullis/ports/log/port'
import type { Change, Store } from '@portcullis/ports/store/port'
import { bundleFaults } from '../bundle/fault.ts'
import type { RevisionWatch } from '../news/watch-revisions.ts'
import type { SigningKey } from '../revision/signing-key.ts'
import type { Edit } from '../state/state.ts'
import type { CompiledContracts } from './compile-contracts.ts'
import { Turns } from './in-turn.ts'
import { type ChangeParts, type PreparedChange, prepareChange } from './prepare-change.ts'
import { revokeRemoved } from './revoke-removed.ts'

export interface MakeOptions {
  /** Organizations to publish anew although the edit does not touch them. */
  readonly extra?: ReadonlySet<string> | undefined
  /** Throws when the change must not be made to what is stored now. Runs in turn, before everything else. */
  readonly before?: (() => Promise<void>) | undefined
}

/** Every change of the installation goes through here: in turn, whole, recorded, and told of only once it is made. */
export class Changer {
  readonly #parts: Omit<ChangeParts, 'nowMillis'> & { readonly clock: Clock; readonly log: Log }
  readonly #turns = new Turns()
  readonly #news: RevisionWatch

  constructor(parts: {
    readonly store: Store
    readonly clock: Clock
    readonly log: Log
    readonly catalog: Catalog
    readonly contracts: CompiledContracts
    readonly key: SigningKey
    readonly authserverUrl: string
    /** Told of every revision that is in force. */
    readonly news: RevisionWatch
  }) {
    this.#parts = parts
    this.#news = parts.news
  }

  /** What an edit would change and everything that is wrong with it. */
  async preview(edit: Edit): Promise<{ changes: ResourceChange[]; findings: Finding[] }> {
    const { changes, findings } = await this.#prepare(edit)
    return { changes: [...changes], findings: [...findings] }
  }

  /**
   * Makes an edit, or nothing of it.
   *
   * @throws bundle.invalid with every finding; store.conflict when others keep coming first
   */
  async make(edit: Edit, actor: string, { extra, before }: MakeOptions = {}): Promise<ChangeResult> {
    const prepared = await this.#turns.take(async () => {
      await before?.()
      const prepared = await this.#prepare(edit, extra)
      refuseErrors(prepared.findings)
      await this.#commit(prepared, actor)
      return prepared
    })
    for (const notice of prepared.revisions) this.#news.tell(notice)
    return {
      changes: [...prepared.changes],
      revisions: [...prepared.revisions],
      warnings: [...prepared.findings],
    }
  }

  /** Makes a change beside the resources: what `compute` says against the state that it finds. */
  async amend<T>(
    actor: string,
    action: string,
    target: string,
    compute: () => Promise<{ readonly changes: readonly Change[]; readonly result: T }>,
  ): Promise<T> {
    return this.#turns.take(async () => {
      const base = await readBase(this.#parts.store)
      const { changes, result } = await compute()
      if (changes.length > 0) await this.#record(base, changes, actor, action, [target])
      return result
    })
  }

  #prepare(edit: Edit, extra?: ReadonlySet<string>): Promise<PreparedChange> {
    return prepareChange({ ...this.#parts, nowMillis: this.#parts.clock.now() }, edit, extra)
  }

  async #commit({ base, commit, changes, revisions }: PreparedChange, actor: string): Promise<void> {
    if (commit.length === 0) return
    const targets = [
      ...changes.map(({ action, organization, kind, name }) => `${action} ${organization}/${kind}/${name}`),
      ...revisions.map(
        ({ organization, environment, number }) => `publish ${organization}/${environment}#${number}`,
      ),
    ]
    await revokeRemoved(this.#parts, changes)
    await this.#record(base, commit, actor, 'apply', targets)
  }

  async #record(
    base: Awaited<ReturnType<typeof readBase>>,
    changes: readonly Change[],
    actor: string,
    action: string,
    targets: readonly string[],
  ): Promise<void> {
    const at = new Date(this.#parts.clock.now()).toISOString()
    await commitAfter(this.#parts.store, base, changes, { actor, at, action, targets })
    this.#parts.log.info('changed', { actor, action, targets: targets.slice(0, 20) })
  }
}

/** Refuses everything at once when something is wrong. */
export function refuseErrors(findings: readonly Finding[]): void {
  const errors = findings.filter((each) => each.severity === 'error')
  if (errors.length === 0) return
  const many = errors.length === 1 ? 'There is one error' : `There are ${errors.length} errors`
  throw new FindingsFault(bundleFaults.invalid.code, bundleFaults.invalid, errors, { detail: `${many}.` })
}
