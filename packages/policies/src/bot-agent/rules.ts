import { agents } from './agent-list.ts'
import type { BotAgentConfig } from './contract.ts'

/** Parts to look for, in lower case, and the list from which each comes. */
export interface Parts {
  readonly deny: readonly { readonly part: string; readonly list: string }[]
  readonly allow: readonly string[]
}

export function partsOf({ lists, deny, allow }: Pick<BotAgentConfig, 'lists' | 'deny' | 'allow'>): Parts {
  return {
    deny: [
      ...deny.map((part) => ({ part: part.toLowerCase(), list: 'deny' })),
      ...lists.flatMap((list) => agents[list].map((part) => ({ part, list }))),
    ],
    allow: allow.map((part) => part.toLowerCase()),
  }
}

/** What refuses this client; `undefined` when nothing does. */
export function findRefusal(
  { deny, allow }: Parts,
  agent: string,
): { readonly part: string; readonly list: string } | undefined {
  const lower = agent.toLowerCase()
  if (allow.some((part) => lower.includes(part))) return undefined
  return deny.find(({ part }) => lower.includes(part))
}
