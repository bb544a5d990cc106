import { defineFaults } from '@portcullis/kernel/fault'
import { httpUrl, name, z } from '@portcullis/kernel/schema'
import type { PolicyContract } from '@portcullis/policy-kit/policy'
import { durationWithin, wholeSeconds } from '../setting/duration-range.ts'
import { wordPointer } from './word-pointer.ts'

const MAX_FACTS = 32

const words = () => z.array(wordPointer()).max(MAX_FACTS)
const text = () => z.string().min(1).max(256)

const question = z
  .strictObject({
    action: text().optional(),
    resource: z.strictObject({ type: text(), id: wordPointer() }).optional(),
  })
  .describe(
    'What is asked: the action, by default the id of the operation; the resource, by default the API version, else something whose id a word of the call tells.',
  )

const config = z
  .strictObject({
    url: httpUrl().describe('Where the decision point is asked, complete.'),
    dialect: z
      .enum(['authzen', 'opa', 'xacml'])
      .describe(
        'How it is spoken to: AuthZEN 1.0, the data API of Open Policy Agent, or the JSON profile of XACML 3.0.',
      ),
    credentials: z
      .strictObject({
        scheme: z
          .enum(['bearer', 'basic', 'certificate'])
          .default('bearer')
          .describe('How the secret is sent, or that it is a certificate shown in the handshake.'),
        user: text().optional().describe('The name that goes with the secret; for basic.'),
        secret: name().describe(
          'Name of a secret of the vault: the token, the password, or a certificate with its chain and key (PEM).',
        ),
      })
      .refine(({ scheme, user }) => (scheme === 'basic') === (user !== undefined), {
        path: ['user'],
        message: 'basic needs a user, and no other has one',
      })
      .optional()
      .describe('How the gateway says who asks.'),
    questions: z
      .array(question)
      .min(1)
      .max(16)
      .default([{}])
      .describe(
        'What is asked. All must be permitted; several are asked at once, at the evaluations endpoint of AuthZEN.',
      ),
    send: z
      .strictObject({
        subject: words()
          .default(['/app', '/scopes'])
          .describe('What is told of the caller, besides type and id.'),
        resource: words().default([]).describe('What is told of the resource, besides type and id.'),
        context: words().default(['/method', '/path']).describe('What else is told of the call.'),
      })
      .prefault({})
      .describe('What is told of a call: JSON Pointers into the words of conditions, such as /claims/tier.'),
    timeout: durationWithin('50ms', '30s').default('2s').describe('How long an answer may take.'),
    keepFor: wholeSeconds('0s', '1h')
      .default('0s')
      .describe('How long an answer counts for calls that are alike.'),
    keepBy: words()
      .optional()
      .describe(
        'By what calls are alike, besides subject, action and resource: some of what is told as context; all of it when absent.',
      ),
  })
  .refine(({ dialect, questions }) => dialect === 'authzen' || questions.length === 1, {
    path: ['questions'],
    message: 'only AuthZEN is asked several questions at once',
  })
  .refine(({ keepBy, send }) => keepBy?.every((each) => send.context.includes(each)) !== false, {
    path: ['keepBy'],
    message: 'calls can only be told apart by what is sent as context',
  })
export type DecisionPointConfig = z.infer<typeof config>
export type Question = z.infer<typeof question>

export const decisionPointFaults = defineFaults('decision-point', {
  denied: {
    status: 403,
    title: 'The rules of the organization do not allow this call',
    remedy: 'Ask whoever runs the API what is allowed.',
  },
  undecided: {
    status: 403,
    title: 'The rules of the organization do not speak of this call',
    remedy: 'Ask whoever runs the API. Operators: the decision point has no rule for it, or one that fails.',
  },
  'step-up': {
    status: 401,
    title: 'The user must sign in again, in another way',
    remedy: 'Sign in as WWW-Authenticate says, and call again with the new token.',
  },
  'unknown-obligation': {
    status: 403,
    title: 'The call is allowed only under a condition that can’t be kept here',
    remedy:
      'Ask whoever runs the API. Operators: the decision record names the obligation; those that are known are in the page of this policy.',
  },
  'bad-answer': {
    status: 502,
    title: 'The decision point’s answer can’t be used',
    remedy: 'Operators: the internal message says what is wrong with it.',
  },
  unavailable: {
    status: 503,
    title: 'The decision point does not say whether the call is allowed',
    remedy: 'Try again in a moment. Operators: look at the decision point, and at the credentials there.',
  },
})

export const decisionPointContract: PolicyContract<DecisionPointConfig> = {
  id: 'decision-point',
  summary: 'Lets a call pass only if a decision point outside says so: AuthZEN, Open Policy Agent, XACML.',
  phase: 'decide',
  stacking: 'every',
  config,
  faults: decisionPointFaults,
  body: { need: 'none' },
  mayFailOpen: true,
}
