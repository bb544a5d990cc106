import { name, z } from '@portcullis/kernel/schema'
import { finding } from '@portcullis/model/finding/finding'
import { requires } from '../scope.ts'
import { json, jsonBody, refusal } from './answer.ts'
import { createRoute } from './create-route.ts'
import { kind } from './place.ts'

/** Text by path: declarations and the contracts that they name. */
export const files = z.record(z.string().max(512), z.string())

/** One value that differs: where it is in the spec (JSON Pointer), and what it was and will be. */
export const difference = z.strictObject({
  path: z.string(),
  before: z.unknown().optional(),
  after: z.unknown().optional(),
})
export type Difference = z.infer<typeof difference>

export const resourceChange = z.strictObject({
  action: z.enum(['create', 'update', 'delete']),
  kind,
  organization: name(),
  name: name(),
  differences: z.array(difference),
})
export type ResourceChange = z.infer<typeof resourceChange>

export const revisionNotice = z.strictObject({
  organization: name(),
  environment: name(),
  number: z.int().min(1),
})
export type RevisionNotice = z.infer<typeof revisionNotice>

/** What came of a change: what is different now, which revisions were published for it, and what is dangerous in it. */
export const changeResult = z.strictObject({
  changes: z.array(resourceChange),
  revisions: z.array(revisionNotice),
  warnings: z.array(finding),
})
export type ChangeResult = z.infer<typeof changeResult>

const bundle = z.strictObject({ files })
const prunableBundle = bundle.extend({
  prune: z
    .boolean()
    .optional()
    .describe('Also remove what the declared organizations have and the bundle leaves out'),
})

export const validateBundle = createRoute({
  operationId: 'validateBundle',
  method: 'post',
  path: '/bundle/validate',
  summary: 'Check declarations against everything that is stored, and change nothing',
  security: requires('resources.read'),
  request: { body: jsonBody(bundle) },
  responses: {
    200: json('Everything that is wrong or dangerous', z.strictObject({ findings: z.array(finding) })),
    default: refusal,
  },
})

export const diffBundle = createRoute({
  operationId: 'diffBundle',
  method: 'post',
  path: '/bundle/diff',
  summary: 'What applying the declarations would change',
  security: requires('resources.read'),
  request: { body: jsonBody(prunableBundle) },
  responses: {
    200: json(
      'The differences',
      z.strictObject({ changes: z.array(resourceChange), warnings: z.array(finding) }),
    ),
    default: refusal,
  },
})

export const applyBundle = createRoute({
  operationId: 'applyBundle',
  method: 'post',
  path: '/bundle/apply',
  summary: 'Apply declarations in one transaction and publish what they change',
  security: requires('resources.write'),
  request: { body: jsonBody(prunableBundle) },
  responses: { 200: json('What was changed and published', changeResult), default: refusal },
})

export const exportBundle = createRoute({
  operationId: 'exportBundle',
  method: 'get',
  path: '/bundle',
  summary: 'Everything that is declared, in the form in which it can be applied again',
  security: requires('resources.read'),
  request: { query: z.strictObject({ organization: name().optional() }) },
  responses: { 200: json('The declarations', bundle), default: refusal },
})
