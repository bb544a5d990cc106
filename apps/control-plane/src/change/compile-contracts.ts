import { createHash } from 'node:crypto'
import { posix } from 'node:path'
import { canonicalJson } from '@portcullis/kernel/json'
import type { ContractFiles } from '@portcullis/model/collection'
import type { Contract } from '@portcullis/model/contract'
import type { Finding } from '@portcullis/model/finding/finding'
import type { ResourceOf } from '@portcullis/model/resource/resource'
import { contractFolder } from '../bundle/write-bundle.ts'
import type { CompiledContract } from '../contract/compile-contract.ts'
import type { ContractCompiler } from '../contract/contract-compiler.ts'
import { contractKey, type Edit, type State } from '../state/state.ts'

/** Contracts that were compiled before, by the hash of their files. Large ones take seconds. */
export class CompiledContracts {
  readonly #compiler: ContractCompiler
  readonly #known = new Map<string, CompiledContract>()
  readonly #capacity: number

  constructor(compiler: ContractCompiler, capacity = 512) {
    this.#compiler = compiler
    this.#capacity = capacity
  }

  async compile(files: ContractFiles): Promise<CompiledContract> {
    const key = createHash('sha256').update(canonicalJson(files)).digest('base64url')
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const compiled = await this.#compiler.compile(files)
    // What was refused is tried again: it may have been for want of time or memory.
    if (compiled.contract === undefined) return compiled
    const oldest = this.#known.keys().next()
    if (this.#known.size >= this.#capacity && !oldest.done) this.#known.delete(oldest.value)
    this.#known.set(key, compiled)
    return compiled
  }
}

export interface CompiledState {
  /** By `contractKey`. */
  readonly contracts: ReadonlyMap<string, Contract>
  readonly findings: readonly Finding[]
}

/** Compiles the contract of every API version of some organizations. */
export async function compileContracts(
  compiled: CompiledContracts,
  next: State,
  edit: Edit,
  organizations: ReadonlySet<string>,
): Promise<CompiledState> {
  const contracts = new Map<string, Contract>()
  const findings: Finding[] = []
  for (const api of next.resources.values()) {
    if (api.kind !== 'Api' || !organizations.has(api.organization)) continue
    for (const version of Object.keys(api.spec.versions)) {
      const key = contractKey(api.organization, api.name, version)
      const files = next.contracts.get(key)
      if (files === undefined) throw new TypeError(`the contract of ${key} is not stored`)
      const { contract, findings: told } = await compiled.compile(files)
      if (contract !== undefined) contracts.set(key, contract)
      const folder = folderOf(edit, api, version)
      findings.push(...told.map((each) => inFolder(folder, each)))
    }
  }
  return { contracts, findings }
}

/** Where the files of a contract are for whoever applies it; of a stored one, where an export has them. */
function folderOf(edit: Edit, { organization, name }: ResourceOf<'Api'>, version: string): string {
  const declared = edit.declared.find(({ resource }) => {
    return resource.kind === 'Api' && resource.organization === organization && resource.name === name
  })
  return declared?.contracts.get(version)?.folder ?? contractFolder(organization, name, version)
}

function inFolder(folder: string, finding: Finding): Finding {
  return finding.file === undefined ? finding : { ...finding, file: posix.join(folder, finding.file) }
}
