import type { SourceLimits } from '../source/read-source.ts'

/** What one contract may ask of the compiler. */
export interface ContractLimits {
  readonly source: SourceLimits
  readonly maxFiles: number
  readonly maxOperations: number
  /** References that are followed. */
  readonly maxReferences: number
  /** How many references may lead to each other before one arrives. */
  readonly maxChain: number
  readonly maxFindings: number
}

export const contractLimits: ContractLimits = {
  source: { maxBytes: 16 * 1024 * 1024, maxDepth: 200, maxDocuments: 1, maxAliasedValues: 10_000 },
  maxFiles: 1000,
  maxOperations: 5000,
  maxReferences: 200_000,
  maxChain: 32,
  maxFindings: 1000,
}
