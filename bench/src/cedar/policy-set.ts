import type { CedarValueJson, EntityJson } from '@cedar-policy/cedar-wasm/nodejs'

/** Policies as an organization with many APIs writes them, entities and one request. */
export interface PolicySetCase {
  readonly policies: string
  readonly entities: EntityJson[]
  readonly principal: Name
  readonly action: Name
  readonly resource: Name
  readonly context: Record<string, CedarValueJson>
}

interface Name {
  readonly type: string
  readonly id: string
}

const ROLES = 20
const GROUPS = 40

const name = (type: string, id: string | number): Name => ({ type, id: String(id) })
const text = ({ type, id }: Name): string => `${type}::"${id}"`

/** Forms of policies in turn: by operation, by role, by API, by group and class of data, and for everybody. */
const forms: readonly ((n: number, apis: number) => string)[] = [
  (n, apis) =>
    `permit(principal in ${text(name('Role', n % ROLES))}, action == ${text(operation(n % apis, n % 9))}, resource) when { context.acr >= 2 && context.country == "CH" };`,
  (n, apis) =>
    `permit(principal, action in [${text(operation(n % apis, 0))}, ${text(operation(n % apis, 1))}, ${text(operation((n + 1) % apis, 2))}], resource) when { principal.department == "d${n % 7}" };`,
  (n, apis) =>
    `permit(principal in ${text(name('Group', n % GROUPS))}, action, resource in ${text(name('Api', n % apis))}) when { principal.region == resource.region || context.hour > 8 && context.hour < 18 };`,
  (n, apis) =>
    `forbid(principal, action, resource == ${text(name('Api', n % apis))}) when { resource.classification == "restricted" && !context.address.isInRange(ip("10.${n % 256}.0.0/16")) } unless { principal.staff };`,
  (n, apis) =>
    `forbid(principal is User in ${text(name('Role', n % ROLES))}, action, resource in ${text(name('Api', (n * 7) % apis))}) when { context has risk && context.risk > ${50 + (n % 40)} };`,
  (n) =>
    `permit(principal is User, action, resource) when { context.path like "/public/${n}/*" && principal.level > ${n % 10} };`,
]

function operation(api: number, n: number): Name {
  return name('Action', `api${api}.operation${n}`)
}

/** One policy in so many is for every request, so that an index can't help. */
const EVERYBODY_EVERY = 50

/** What an index can do nothing for: all that the policies ask stands in their conditions. */
const unscopedForms: readonly ((n: number) => string)[] = [
  (n) =>
    `permit(principal, action, resource) when { principal.department == "d${n}" && context.path like "/d${n}/*" };`,
  (n) =>
    `permit(principal, action, resource) when { context.country == "CH" && principal.level > ${n % 10} };`,
  (n) => `forbid(principal, action, resource) when { context has risk && context.risk > ${50 + (n % 50)} };`,
  (n) => `forbid(principal, action, resource) when { ["c${n}", "d${n}"].contains(context.country) };`,
  (n) => `permit(principal, action, resource) when { principal in Group::"g${n}" && context.acr >= 2 };`,
]

/** One request out of many: they differ in who asks for what. */
export function policySetCase(count: number, request: number, scoped: boolean): PolicySetCase {
  const apis = Math.max(5, Math.round(count / 20))
  const policies = Array.from({ length: count }, (_, n) => {
    if (!scoped) return unscopedForms[n % unscopedForms.length]?.(n) ?? ''
    const form = n % EVERYBODY_EVERY === 0 ? forms[5] : forms[n % 5]
    return form?.(n, apis) ?? ''
  })
  const principal = name('User', `u${request}`)
  const resource = name('Api', (request * 3) % apis)
  return {
    policies: policies.join('\n'),
    principal,
    resource,
    action: operation((request * 3) % apis, request % 9),
    context: {
      acr: 2,
      country: 'CH',
      hour: 10,
      path: `/orders/${request}`,
      risk: request % 100,
      address: { __extn: { fn: 'ip', arg: '10.7.3.9' } },
    },
    entities: [
      {
        uid: principal,
        attrs: { department: `d${request % 7}`, region: 'west', staff: true, level: 4 },
        parents: [
          name('Role', request % ROLES),
          name('Role', (request * 5) % ROLES),
          name('Group', request % GROUPS),
        ],
      },
      {
        uid: resource,
        attrs: { region: 'west', classification: 'restricted' },
        parents: [name('Product', 'shop')],
      },
      { uid: name('Product', 'shop'), attrs: {}, parents: [] },
    ],
  }
}
