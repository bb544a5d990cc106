import type { AttachmentDeclaration } from '@portcullis/model/attachment'
import { type Catalog, policyOf } from '../policy.ts'

/** An expression of Cedar over `context` that stands in a policy's config. */
export interface ExpressionIn {
  /** Keys that lead to it. */
  readonly path: readonly PropertyKey[]
  readonly text: string
}

/** The expressions in the config of an attachment; none where the config is not as it must be. */
export function expressionsIn(
  catalog: Catalog,
  { policy, config }: Pick<AttachmentDeclaration, 'policy' | 'config'>,
): readonly ExpressionIn[] {
  const contract = policyOf(catalog, policy)?.contract
  if (contract?.expressions === undefined) return []
  const parsed = contract.config.safeParse(config)
  return parsed.success ? contract.expressions(parsed.data) : []
}
