import type { Command } from './command.ts'

/**
 * Every command, in the order of the help. Each is loaded when it is wanted: a server that runs for months needs nothing of
 * the others in memory.
 */
const others: Readonly<Record<string, () => Promise<Command>>> = {
  start: async () => (await import('./start.ts')).start,
  validate: async () => (await import('./validate.ts')).validate,
  diff: async () => (await import('./diff.ts')).diff,
  apply: async () => (await import('./apply.ts')).apply,
  export: async () => (await import('./export.ts')).exportCommand,
  plan: async () => (await import('./plan.ts')).plan,
  policies: async () => (await import('./policies.ts')).policies,
  explain: async () => (await import('./explain.ts')).explain,
  decisions: async () => (await import('./decisions.ts')).decisions,
  observed: async () => (await import('./observed.ts')).observed,
  token: async () => (await import('./token.ts')).token,
  credential: async () => (await import('./credential.ts')).credential,
  password: async () => (await import('./password.ts')).password,
  invite: async () => (await import('./invite.ts')).invite,
  provisioning: async () => (await import('./provisioning.ts')).provisioning,
  'second-factor': async () => (await import('./second-factor.ts')).secondFactor,
  revoke: async () => (await import('./revoke.ts')).revoke,
  disconnect: async () => (await import('./disconnect.ts')).disconnect,
  keys: async () => (await import('./keys.ts')).keys,
  'address-lists': async () => (await import('./address-lists.ts')).addressLists,
  approvals: async () => (await import('./approvals.ts')).approvals,
  entitlements: async () => (await import('./entitlements.ts')).entitlements,
  federation: async () => (await import('./federation.ts')).federation,
  audit: async () => (await import('./audit.ts')).audit,
  registration: async () => (await import('./registration.ts')).registration,
  statement: async () => (await import('./statement.ts')).statement,
  settings: async () => (await import('./settings.ts')).settings,
}

/** The command of that name, if there is one. */
export async function commandNamed(name: string): Promise<Command | undefined> {
  if (name !== 'help') return Object.hasOwn(others, name) ? others[name]?.() : undefined
  const { helpOn } = await import('./help.ts')
  return helpOn(await Promise.all(Object.values(others).map((load) => load())))
}
