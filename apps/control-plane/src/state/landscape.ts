import type { EstExpression } from '@portcullis/cedar/est'
import type { Parsed, ParsedPolicy } from '@portcullis/cedar/parse'
import type { Problem } from '@portcullis/cedar/source'
import type { Place } from '@portcullis/kernel/fault'
import type { JsonObject } from '@portcullis/kernel/json'
import type { FetchedList } from '@portcullis/model/collection'
import type { Contract } from '@portcullis/model/contract'
import { type Kind, type Resource, type ResourceOf, resourceId } from '@portcullis/model/resource/resource'
import { fetchedFrom } from '../address-list/fetched-lists.ts'
import { type Declared, placeIn } from '../bundle/declared.ts'
import { contractKey, type Edit, type State } from './state.ts'

/** What a condition means, or what is wrong with it. */
export type ParsedCondition =
  | {
      readonly ok: true
      readonly value: EstExpression
      /** Where types are mixed up: it can be asked, and never means what it says. */
      readonly slips: readonly Problem[]
    }
  | { readonly ok: false; readonly problems: readonly Problem[] }

/** What the text of a policy set says, or what is wrong with it. */
export type ParsedPolicies = Parsed<readonly ParsedPolicy[]> & {
  /** Where types are mixed up: the policy can be asked, and never means what it says. */
  readonly slips?: readonly Problem[]
}

/** The whole of a next state, as the checks look at it. */
export class Landscape {
  readonly #next: State
  readonly #stored: State
  readonly #contracts: ReadonlyMap<string, Contract>
  readonly #conditions: ReadonlyMap<string, ParsedCondition>
  readonly #policies: ReadonlyMap<string, ParsedPolicies>
  readonly #tokenConditions: ReadonlyMap<string, Parsed<JsonObject>>
  readonly #fetchedLists: ReadonlyMap<string, FetchedList>
  readonly #declared: ReadonlyMap<string, Declared>
  /** The organizations that are here with everything they have. */
  readonly organizations: ReadonlySet<string>

  constructor(parts: {
    readonly stored: State
    readonly next: State
    readonly edit: Edit
    readonly contracts: ReadonlyMap<string, Contract>
    /** By their text. */
    readonly conditions: ReadonlyMap<string, ParsedCondition>
    /** By their text. */
    readonly policies: ReadonlyMap<string, ParsedPolicies>
    /** Of token rules; by their text. */
    readonly tokenConditions: ReadonlyMap<string, Parsed<JsonObject>>
    /** By organization and name. */
    readonly fetchedLists: ReadonlyMap<string, FetchedList>
    readonly organizations: ReadonlySet<string>
  }) {
    this.#stored = parts.stored
    this.#next = parts.next
    this.#contracts = parts.contracts
    this.#conditions = parts.conditions
    this.#policies = parts.policies
    this.#tokenConditions = parts.tokenConditions
    this.#fetchedLists = parts.fetchedLists
    this.#declared = new Map(parts.edit.declared.map((each) => [resourceId(each.resource), each]))
    this.organizations = parts.organizations
  }

  /** What was fetched of a list from where it is now. */
  fetched({ organization, name, spec: { source } }: ResourceOf<'AddressList'>): FetchedList | undefined {
    return source && fetchedFrom(source, this.#fetchedLists.get(`${organization}/${name}`))
  }

  /** What is on a list, as far as that is known. */
  entriesOf(list: ResourceOf<'AddressList'>): readonly string[] | undefined {
    const fetched = this.fetched(list)
    return list.spec.entries ?? (fetched?.fetchedAt === undefined ? undefined : fetched.entries)
  }

  /** Every resource that is to be checked. */
  get resources(): Resource[] {
    return [...this.#next.resources.values()].filter((each) => this.organizations.has(each.organization))
  }

  /** Every resource of a kind that is to be checked. */
  of<K extends Kind>(kind: K): ResourceOf<K>[] {
    return this.all(kind).filter((each) => this.organizations.has(each.organization))
  }

  /** Every resource of a kind in the installation; complete for organizations and environments alone. */
  all<K extends Kind>(kind: K): ResourceOf<K>[] {
    return [...this.#next.resources.values()].filter(
      (each): each is Resource & ResourceOf<K> => each.kind === kind,
    )
  }

  get<K extends Kind>(kind: K, organization: string, name: string): ResourceOf<K> | undefined {
    const found = this.#next.resources.get(resourceId({ kind, organization, name }))
    return found?.kind === kind ? (found as ResourceOf<K>) : undefined
  }

  /** As it is before the change. */
  stored<K extends Kind>(kind: K, organization: string, name: string): ResourceOf<K> | undefined {
    const found = this.#stored.resources.get(resourceId({ kind, organization, name }))
    return found?.kind === kind ? (found as ResourceOf<K>) : undefined
  }

  /** Whether the change takes the resource away. */
  removes(kind: Kind, organization: string, name: string): boolean {
    const id = resourceId({ kind, organization, name })
    return this.#stored.resources.has(id) && !this.#next.resources.has(id)
  }

  /** Absent when it could not be compiled, which is told elsewhere. */
  contract(organization: string, api: string, version: string): Contract | undefined {
    return this.#contracts.get(contractKey(organization, api, version))
  }

  /** What an attachment's condition means, by its text. */
  condition(text: string): ParsedCondition {
    const parsed = this.#conditions.get(text)
    if (parsed === undefined) throw new TypeError(`the condition ${text} was not parsed`)
    return parsed
  }

  /** What the text of a policy set says. */
  policies(text: string): ParsedPolicies {
    const parsed = this.#policies.get(text)
    if (parsed === undefined) throw new TypeError('the text of a policy set was not parsed')
    return parsed
  }

  /** What the condition of a token rule means. */
  tokenCondition(text: string): Parsed<JsonObject> {
    const parsed = this.#tokenConditions.get(text)
    if (parsed === undefined) throw new TypeError(`the condition ${text} was not parsed`)
    return parsed
  }

  /** Where something stands in the Cedar of a policy set; in the declaration where it is written there. */
  cedarPlace(policySet: ResourceOf<'PolicySet'>, line: number, column: number): Place {
    const file = this.#declared.get(resourceId(policySet))?.textFile
    return file === undefined ? this.place(policySet, '/spec/policies') : { file, line, column }
  }

  /** Where a value of a resource was declared; of one that is only stored there is no file. */
  place(resource: Resource, path: string): Place {
    const declared = this.#declared.get(resourceId(resource))
    return declared === undefined ? { path } : placeIn(declared.document, path)
  }
}
