import type { Command } from './command.ts'

/**
 * Every command, in the order of the help and under its headings. Each is loaded when it is wanted: a server that runs for
 * months needs nothing of the others in memory.
 */
const groups: Readonly<Record<string, Readonly<Record<string, () => Promise<Command>>>>> = {
  Run: {
    start: async () => (await import('./start.ts')).start,
    backup: async () => (await import('./backup.ts')).backup,
    doctor: async () => (await import('./doctor.ts')).doctor,
    settings: async () => (await import('./settings.ts')).settings,
  },
  'Declare and publish': {
    validate: async () => (await import('./validate.ts')).validate,
    diff: async () => (await import('./diff.ts')).diff,
    apply: async () => (await import('./apply.ts')).apply,
    export: async () => (await import('./export.ts')).exportCommand,
    plan: async () => (await import('./plan.ts')).plan,
    policies: async () => (await import('./policies.ts')).policies,
  },
  'See what happens': {
    explain: async () => (await import('./explain.ts')).explain,
    decisions: async () => (await import('./decisions.ts')).decisions,
    observed: async () => (await import('./observed.ts')).observed,
    audit: async () => (await import('./audit.ts')).audit,
    'address-lists': async () => (await import('./address-lists.ts')).addressLists,
  },
  'Tokens and keys': {
    token: async () => (await import('./token.ts')).token,
    credential: async () => (await import('./credential.ts')).credential,
    keys: async () => (await import('./keys.ts')).keys,
    revoke: async () => (await import('./revoke.ts')).revoke,
    disconnect: async () => (await import('./disconnect.ts')).disconnect,
  },
  People: {
    password: async () => (await import('./password.ts')).password,
    invite: async () => (await import('./invite.ts')).invite,
    'second-factor': async () => (await import('./second-factor.ts')).secondFactor,
    federation: async () => (await import('./federation.ts')).federation,
    provisioning: async () => (await import('./provisioning.ts')).provisioning,
  },
  'What people decide': {
    approvals: async () => (await import('./approvals.ts')).approvals,
    entitlements: async () => (await import('./entitlements.ts')).entitlements,
    registration: async () => (await import('./registration.ts')).registration,
    statement: async () => (await import('./statement.ts')).statement,
  },
}

const others: Readonly<Record<string, () => Promise<Command>>> = Object.assign({}, ...Object.values(groups))

/** The command of that name, if there is one. */
export async function commandNamed(name: string): Promise<Command | undefined> {
  if (name === 'help') return (await import('./help.ts')).helpOn(await everyCommand())
  return Object.hasOwn(others, name) ? others[name]?.() : undefined
}

/** The names of all commands, without `help`. */
export const commandNames: readonly string[] = Object.keys(others)

/** All commands but `help`, by heading. */
export async function everyCommand(): Promise<ReadonlyMap<string, readonly Command[]>> {
  const loaded = Object.entries(groups).map(
    async ([title, commands]) =>
      [title, await Promise.all(Object.values(commands).map((load) => load()))] as const,
  )
  return new Map(await Promise.all(loaded))
}
