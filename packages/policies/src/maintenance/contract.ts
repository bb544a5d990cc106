import { defineFaults } from '@portcullis/kernel/fault'
import { z } from '@portcullis/kernel/schema'
import type { PolicyContract } from '@portcullis/policy-kit/policy'

const config = z
  .strictObject({
    from: z.iso
      .datetime({ offset: true })
      .optional()
      .describe('Refuses from this moment on, such as 2026-12-01T22:00:00Z; at once when absent.'),
    until: z.iso
      .datetime({ offset: true })
      .optional()
      .describe('Lets calls in again at this moment, and says so in Retry-After; without end when absent.'),
    message: z.string().min(1).max(500).optional().describe('What callers are told.'),
  })
  .refine(({ from, until }) => !from || !until || Date.parse(from) < Date.parse(until), {
    path: ['until'],
    message: 'it ends after it has begun',
  })
export type MaintenanceConfig = z.infer<typeof config>

export const maintenanceFaults = defineFaults('maintenance', {
  'under-way': {
    status: 503,
    title: 'This is under maintenance',
    remedy: 'Try again later; Retry-After says when, where that is known.',
  },
})

export const maintenanceContract: PolicyContract<MaintenanceConfig> = {
  id: 'maintenance',
  summary: 'Refuses calls while something is being worked on.',
  phase: 'connection',
  stacking: 'every',
  config,
  faults: maintenanceFaults,
  body: { need: 'none' },
  mayFailOpen: false,
}
