import { defineFaults } from '@portcullis/kernel/fault'
import { z } from '@portcullis/kernel/schema'
import type { ExampleReply } from '@portcullis/model/example-reply'
import type { OperationPlace, PolicyContract } from '@portcullis/policy-kit/policy'

const config = z.strictObject({
  status: z
    .int()
    .min(200)
    .max(599)
    .optional()
    .describe('Which of the contract’s statuses is answered; the lowest that means success when absent.'),
  prefer: z
    .boolean()
    .default(true)
    .describe('Let callers choose by Prefer: status=404, example=empty (RFC 7240).'),
})
export type MockConfig = z.infer<typeof config>

/** What the contract shows of an operation's replies. */
export interface MockFacts {
  readonly replies: readonly ExampleReply[]
}

export const mockFaults = defineFaults('mock', {
  'no-example': {
    status: 501,
    title: 'The contract shows no reply of this operation',
    remedy:
      'Operators: write an example into the contract, or take the policy mock away where there is a backend.',
  },
  'not-shown': {
    status: 400,
    title: 'The contract shows no such reply',
    remedy: 'Prefer one of the statuses and examples that the contract has for this operation.',
  },
  'not-acceptable': {
    status: 406,
    title: 'There is no example in a form that you accept',
    remedy: 'Accept one of the media types that the contract has for this operation.',
  },
})

export const mockContract: PolicyContract<MockConfig, MockFacts> = {
  id: 'mock',
  summary: 'Answers with the examples of the contract, in place of a backend.',
  phase: 'answer',
  stacking: 'nearest',
  config,
  faults: mockFaults,
  body: { need: 'none' },
  mayFailOpen: false,
  derive: ({ operation }: OperationPlace): MockFacts => ({ replies: operation.replies ?? [] }),
  onlyAttached: true,
}
