import { isObject, readTexts, Unreadable } from './demand.ts'
import type { Demand, Dialect } from './dialect.ts'
import type { Fact, Inquiry, Json, Thing } from './facts.ts'

const SUBJECT_ID = 'urn:oasis:names:tc:xacml:1.0:subject:subject-id'
const ACTION_ID = 'urn:oasis:names:tc:xacml:1.0:action:action-id'
const RESOURCE_ID = 'urn:oasis:names:tc:xacml:1.0:resource:resource-id'

/** The JSON Profile of XACML 3.0 (1.1, §4 and §5; a single result of 1.0 may stand without its list). */
export const xacml: Dialect = {
  mediaType: 'application/xacml+json',
  write({ subject, questions, context }: Inquiry) {
    const [question] = questions
    if (question === undefined) throw new RangeError('nothing is asked')
    return {
      Request: {
        AccessSubject: [category(SUBJECT_ID, 'portcullis:subject-type', subject)],
        Action: [{ Attribute: [{ AttributeId: ACTION_ID, Value: question.action }] }],
        Resource: [category(RESOURCE_ID, 'portcullis:resource-type', question.resource)],
        Environment: [{ Attribute: attributes(context) }],
      },
    }
  },
  read({ Response }) {
    const results: readonly unknown[] = Array.isArray(Response) ? Response : [Response]
    const [result] = results
    if (results.length !== 1 || !isObject(result)) throw new Unreadable('there is not exactly one result')
    return {
      effect: effectOf(result.Decision),
      obligations: readObligations(result.Obligations, 'Obligations'),
      advice: readObligations(result.AssociatedAdvice, 'AssociatedAdvice'),
    }
  },
}

function category(idAttribute: string, typeAttribute: string, { type, id, facts }: Thing) {
  return {
    Attribute: [
      { AttributeId: idAttribute, Value: id },
      { AttributeId: typeAttribute, Value: type },
      ...attributes(facts),
    ],
  }
}

/** By the pointer that leads to them: `portcullis:claims/tier`. What has parts becomes one attribute for each. */
function attributes(facts: readonly Fact[]): { AttributeId: string; Value: Json }[] {
  return facts.flatMap(({ path, value }) => {
    if (typeof value === 'object' && !Array.isArray(value)) {
      const inner = Object.entries(value).map(([name, each]) => ({ path: [...path, name], value: each }))
      return attributes(inner)
    }
    return [{ AttributeId: `portcullis:${path.join('/')}`, Value: value }]
  })
}

function effectOf(decision: unknown): 'permit' | 'deny' | 'undecided' {
  switch (decision) {
    case 'Permit':
      return 'permit'
    case 'Deny':
      return 'deny'
    case 'NotApplicable':
    case 'Indeterminate':
      return 'undecided'
    default:
      throw new Unreadable('the Decision is none')
  }
}

/** `[{ Id, AttributeAssignment: [{ AttributeId, Value }] }]`; an attribute may come several times. */
function readObligations(value: unknown, what: string): Demand[] {
  if (value === undefined) return []
  if (!Array.isArray(value)) throw new Unreadable(`${what} is no list`)
  return value.map((each: unknown) => {
    if (!isObject(each) || typeof each.Id !== 'string') throw new Unreadable(`${what} has one without an Id`)
    const assignments = each.AttributeAssignment ?? []
    if (!Array.isArray(assignments)) throw new Unreadable(`${what}: AttributeAssignment is no list`)
    const values: Record<string, readonly string[]> = {}
    for (const assignment of assignments as readonly unknown[]) {
      if (!isObject(assignment) || typeof assignment.AttributeId !== 'string') {
        throw new Unreadable(`${what}: an assignment has no AttributeId`)
      }
      const name = assignment.AttributeId
      const before = Object.hasOwn(values, name) ? (values[name] ?? []) : []
      values[name] = [...before, ...readTexts(assignment.Value, each.Id)]
    }
    return { id: each.Id, attributes: values }
  })
}
