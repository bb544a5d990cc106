import { parsePolicies } from '@portcullis/cedar/parse'
import type { RevisionPolicySet } from '@portcullis/model/revision'

/** In turn: by operation and role, by several operations, by API and group, and forbids. The first lets the caller in. */
const forms: readonly ((n: number) => string)[] = [
  () =>
    'permit (principal is App, action, resource in Api::"shop") when { context.scopes.contains("list_items") };',
  (n) =>
    `permit (principal in Role::"role${n % 20}", action == Action::"item${n % 200}", resource) when { context has acr && context.acr == "gold" };`,
  (n) =>
    `permit (principal, action in [Action::"item${n % 200}", Action::"order${n}"], resource) when { context has country && context.country == "CH" };`,
  (n) =>
    `permit (principal in Group::"group${n % 40}", action, resource in Api::"api${n % 50}") when { context.zone["Europe/Berlin"].hour < 18 };`,
  (n) =>
    `forbid (principal, action == Action::"item${n % 200}", resource) when { context.address.isInRange(ip("10.${n % 256}.0.0/16")) };`,
  (n) =>
    `forbid (principal, action, resource == ApiVersion::"api${n % 50}/v1") unless { context.plan == "gold" };`,
]

/** So many policies, as a revision carries them. */
export function cedarPolicies(count: number): RevisionPolicySet {
  const texts = Array.from({ length: count }, (_, n) =>
    forms[n === 0 ? 0 : 1 + (n % (forms.length - 1))]?.(n),
  )
  const parsed = parsePolicies(texts.join('\n'))
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
  const policies = parsed.value.map(({ id, policy }) => ({ id, policy }))
  return { policySet: `cedar-${count}`, policies: policies as RevisionPolicySet['policies'] }
}
