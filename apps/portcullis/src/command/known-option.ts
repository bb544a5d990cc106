import type { Options } from './command.ts'

// Options that several commands have, and that mean the same in each.

export const organizationOption = {
  organization: { type: 'string', meaning: 'The organization; needed where there are several.' },
} as const satisfies Options

export const environmentOption = {
  environment: { type: 'string', meaning: 'The environment; needed where the organization has several.' },
} as const satisfies Options

export const bundleOption = {
  file: { type: 'string', short: 'f', meaning: 'The folder with declarations and contracts, or one file.' },
} as const satisfies Options

export const pruneOption = {
  prune: {
    type: 'boolean',
    meaning: 'Also remove what is declared in these organizations and stands nowhere in the folder.',
  },
} as const satisfies Options
