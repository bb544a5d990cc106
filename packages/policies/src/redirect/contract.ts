import { defineFaults } from '@portcullis/kernel/fault'
import { type Issue, z } from '@portcullis/kernel/schema'
import type { PolicyContract } from '@portcullis/policy-kit/policy'
import type { Surroundings } from '@portcullis/policy-kit/step/surroundings'
import { wholeSeconds } from '../setting/duration-range.ts'
import { readTarget, variablesIn } from './target-template.ts'

const config = z.strictObject({
  to: z
    .string()
    .max(2048)
    .superRefine((text, context) => {
      const reading = readTarget(text)
      if ('problem' in reading) context.addIssue({ code: 'custom', message: reading.problem })
    })
    .describe('Where callers are sent: a URL with scheme and host, or a path on the host that was called.'),
  status: z
    .union([z.literal(301), z.literal(302), z.literal(303), z.literal(307), z.literal(308)])
    .default(308)
    .describe('For good (308, 301) or for now (307, 302, 303); 308 and 307 keep method and body.'),
  keepFor: wholeSeconds('0s', '365d')
    .default('0s')
    .describe('How long callers may remember it without asking again.'),
})
export type RedirectConfig = z.infer<typeof config>

export const redirectFaults = defineFaults('redirect', {
  'no-target': {
    status: 404,
    title: 'It is not known where this has gone',
    remedy:
      'Operators: the target of the redirect speaks of a variable that the path of this operation does not have.',
  },
})

export const redirectContract: PolicyContract<RedirectConfig> = {
  id: 'redirect',
  summary: 'Sends callers to another place, which no call can choose for itself.',
  phase: 'answer',
  stacking: 'nearest',
  config,
  faults: redirectFaults,
  body: { need: 'none' },
  mayFailOpen: false,
  objections,
}

/** A variable that the path lacks would leave its calls without a target. */
function objections({ to }: RedirectConfig, { apis }: Surroundings): Issue[] {
  return variablesIn(to).flatMap((variable) =>
    apis.flatMap(({ name, operations }) =>
      operations
        .filter(({ path }) => !path.includes(`{${variable}}`))
        .slice(0, 1)
        .map(({ id, path }) => ({
          path: '/to',
          message: `the path of "${id}" of ${name}, ${path}, has no variable {${variable}}`,
          remedy: 'Attach it to the operations whose path has it, or write {path}, {rest} or {query}.',
        })),
    ),
  )
}
