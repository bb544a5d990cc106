import { defineFaults } from '@portcullis/kernel/fault'
import { z } from '@portcullis/kernel/schema'
import type { PolicyContract } from '@portcullis/policy-kit/policy'
import { durationWithin } from '../setting/duration-range.ts'

const config = z
  .strictObject({
    connect: durationWithin('250ms', '1m').optional().describe('Until there is a connection to the backend.'),
    firstByte: durationWithin('250ms', '1h')
      .optional()
      .describe('From the end of the request to the head of the reply.'),
    idle: durationWithin('250ms', '1h')
      .optional()
      .describe('Between two pieces of a body, either way; of streams of events too.'),
    whole: durationWithin('250ms', '1d')
      .optional()
      .describe('From when the call goes on to the backend to the end of the reply, all attempts together.'),
  })
  .refine((times) => Object.values(times).some((each) => each !== undefined), {
    message: 'at least one time',
  })
export type TimeoutsConfig = z.infer<typeof config>

export const timeoutsContract: PolicyContract<TimeoutsConfig> = {
  id: 'timeouts',
  summary: 'Gives the backend so much time for a call and no more.',
  phase: 'backend',
  stacking: 'nearest',
  config,
  faults: defineFaults('timeouts', {}),
  body: { need: 'none' },
  mayFailOpen: false,
}
