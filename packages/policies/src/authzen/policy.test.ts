import { describe, expect, it } from 'vitest'
import { authzenContract } from './contract.ts'
import { api, ask, policySet } from './test-asking.ts'

const office = policySet(
  'office',
  `@id("ordering") permit (principal in Group::"office", action == Action::"orderItem", resource in Api::"warehouse")
     when { context.zone["Europe/Berlin"].hour < 18 && context.scopes.contains("order_item") };
   @id("inside") forbid (principal, action, resource)
     when { resource is ApiVersion && resource.classification == "restricted" && !context.address.isInRange(ip("10.0.0.0/8")) };
   @id("documents") permit (principal, action == Action::"read", resource is Document)
     when { resource.owner == principal.name };`,
)
const apis = [
  api('warehouse', ['listItems', 'orderItem']),
  api('vault', ['orderItem'], { classification: 'restricted' }),
]
const site = { policySets: [office], apis }

const ada = { type: 'User', id: 'ada', properties: { groups: ['office'], name: 'Ada' } }
const question = {
  subject: ada,
  action: { name: 'orderItem' },
  resource: { type: 'ApiVersion', id: 'warehouse/v1' },
  context: { scopes: ['order_item'], address: '192.0.2.1' },
}
type Changes = Readonly<Record<string, unknown>>
const decide = async (changes: Changes = {}, more: Parameters<typeof ask>[2] = site) =>
  (await ask('/access/v1/evaluation', { ...question, ...changes }, more)).body

/** What is different about the question, answer. */
const truth: [Changes, boolean, string?][] = [
  [{}, true],
  [{ subject: { type: 'User', id: 'ada' } }, false, 'denied'],
  [{ subject: { ...ada, properties: { groups: 'office' } } }, false, 'denied'],
  [{ action: { name: 'listItems' } }, false, 'denied'],
  [{ resource: { type: 'ApiVersion', id: 'nowhere/v1' } }, false, 'failed'],
  [{ context: { address: '192.0.2.1' } }, false, 'denied'],
  [{ context: { scopes: ['order_item'], time: '2026-07-01T21:00:00+02:00' } }, false, 'denied'],
  [{ context: { scopes: ['order_item'], time: 'soon' } }, false, 'failed'],
  [{ resource: { type: 'ApiVersion', id: 'vault/v1' } }, false, 'denied'],
  [{ resource: { type: 'ApiVersion', id: 'vault/v1' }, context: {} }, false, 'failed'],
  // What an API version is, we know ourselves.
  [
    { resource: { type: 'ApiVersion', id: 'vault/v1', properties: { classification: 'public' } } },
    false,
    'denied',
  ],
  [{ action: { name: 'read' }, resource: { type: 'Document', id: '1', properties: { owner: 'Ada' } } }, true],
  [
    { action: { name: 'read' }, resource: { type: 'Document', id: '1', properties: { owner: 'Bob' } } },
    false,
    'denied',
  ],
  [{ action: { name: 'read' }, resource: { type: 'Document', id: '1' } }, false, 'failed'],
]

describe('authzen answers an evaluation (§6)', () => {
  it.each(truth)('with %j: %s %s', async (changes, decision, reason) => {
    expect(await decide(changes)).toEqual({ decision, ...(reason !== undefined && { context: { reason } }) })
  })

  it('with no, where no policies hold', async () => {
    expect(await decide({}, { apis })).toEqual({ decision: false, context: { reason: 'no-policies' } })
    const other = policySet('other', 'permit (principal, action, resource);', ['other'])
    expect(await decide({}, { apis, policySets: [other] })).toMatchObject({ decision: false })
  })

  it('and tells which policies decided, only where that was chosen', async () => {
    const told = { ...site, config: { tellPolicies: true } }
    expect(await decide({}, told)).toEqual({ decision: true, context: { policies: 'office/ordering' } })
  })

  it.each([
    ['{', 'The body is no JSON object.'],
    ['[]', 'The body is no JSON object.'],
    ['{"subject": {"type": "User", "id": "a"}, "subject": {}}', 'The body is no JSON object.'],
    [{ ...question, subject: undefined }, '/subject is missing'],
    [{ ...question, subject: { id: 'ada' } }, '/subject/type is missing'],
    [{ ...question, action: {} }, '/action/name is missing'],
    [{ ...question, resource: 'warehouse' }, '/resource'],
    [{ ...question, context: [] }, '/context'],
  ])('refuses %j', async (asked, detail) => {
    const { status, body } = await ask('/access/v1/evaluation', asked, site)
    expect(status).toBe(400)
    expect(body).toMatchObject({ code: 'authzen.bad-question', detail: expect.stringContaining(detail) })
  })

  it('under the id that the question had', async () => {
    const { headers } = await ask('/access/v1/evaluation', question, {
      ...site,
      headers: { 'X-Request-ID': 'q-1' },
    })
    expect(headers.get('x-request-id')).toBe('q-1')
    expect(headers.get('content-type')).toBe('application/json')
    expect(headers.get('cache-control')).toBe('no-store')
  })
})

describe('authzen answers several evaluations (§7)', () => {
  const yes = {}
  const no = { action: { name: 'listItems' } }
  const bad = { resource: {} }
  const decisions = async (evaluations: object[], evaluations_semantic?: string) => {
    const options = evaluations_semantic && { evaluations_semantic }
    const { body } = await ask('/access/v1/evaluations', { ...question, evaluations, options }, site)
    return (body.evaluations as { decision: boolean }[]).map(({ decision }) => decision)
  }

  it.each([
    [[yes, no, yes], undefined, [true, false, true]],
    [[yes, no, yes], 'execute_all', [true, false, true]],
    [[yes, no, yes], 'deny_on_first_deny', [true, false]],
    [[yes, bad, yes], 'deny_on_first_deny', [true, false]],
    [[no, yes, no], 'permit_on_first_permit', [false, true]],
  ])('%j by %s: %j', async (evaluations, semantic, expected) => {
    expect(await decisions(evaluations, semantic)).toEqual(expected)
  })

  it('one that cannot be understood with no, and with what is wrong', async () => {
    const { body } = await ask('/access/v1/evaluations', { ...question, evaluations: [bad] }, site)
    expect(body.evaluations).toEqual([
      { decision: false, context: { error: { status: 400, message: '/resource/type is missing' } } },
    ])
  })

  it('as one where none are listed', async () => {
    expect((await ask('/access/v1/evaluations', question, site)).body).toEqual({ decision: true })
  })

  it('no more than its limit, nor in a way that it does not know', async () => {
    const evaluations = Array.from({ length: 65 }, () => ({}))
    expect((await ask('/access/v1/evaluations', { ...question, evaluations }, site)).status).toBe(400)
    const options = { evaluations_semantic: 'any' }
    const asked = { ...question, evaluations: [{}], options }
    expect((await ask('/access/v1/evaluations', asked, site)).status).toBe(400)
  })
})

describe('authzen searches (§8)', () => {
  const apps = ['robot', 'shop', 'robot']
  const rules = policySet(
    'apps',
    `permit (principal == App::"robot", action, resource);
     permit (principal == User::"ada", action == Action::"orderItem", resource);`,
  )
  const all = { policySets: [rules], apis, apps }
  const resource = { type: 'ApiVersion', id: 'warehouse/v1' }
  const action = { name: 'orderItem' }
  const robot = { type: 'App', id: 'robot' }

  it('for the apps that may', async () => {
    const { body } = await ask(
      '/access/v1/search/subject',
      { subject: { type: 'App' }, action, resource },
      all,
    )
    expect(body).toEqual({ page: { next_token: '', count: 1 }, results: [robot] })
  })

  it('for the API versions that somebody may call so', async () => {
    const asked = { subject: robot, action, resource: { type: 'ApiVersion' } }
    const { body } = await ask('/access/v1/search/resource', asked, all)
    expect(body.results).toEqual([
      { type: 'ApiVersion', id: 'warehouse/v1' },
      { type: 'ApiVersion', id: 'vault/v1' },
    ])
  })

  it('for what somebody may do', async () => {
    const search = async (subject: object) =>
      (await ask('/access/v1/search/action', { subject, resource }, all)).body.results
    expect(await search(robot)).toEqual([{ name: 'listItems' }, { name: 'orderItem' }])
    expect(await search(ada)).toEqual([{ name: 'orderItem' }])
    expect(await search({ type: 'App', id: 'shop' })).toEqual([])
  })

  it('page by page, each of its own search', async () => {
    const many = api(
      'many',
      Array.from({ length: 600 }, (_, i) => `operation${i}`),
    )
    const found: object[] = []
    let token = ''
    let pages = 0
    const asked = { subject: robot, resource: { type: 'ApiVersion', id: 'many/v1' } }
    do {
      const page = token === '' ? {} : { token }
      const { body } = await ask('/access/v1/search/action', { ...asked, page }, { ...all, apis: [many] })
      found.push(...(body.results as object[]))
      token = (body.page as { next_token: string }).next_token
      pages++
      if (token === '') continue
      const other = { subject: ada, resource: asked.resource, page: { token } }
      expect((await ask('/access/v1/search/action', other, { ...all, apis: [many] })).status).toBe(400)
    } while (token !== '')
    expect(pages).toBe(3)
    expect(found).toEqual(many.operations.map(({ id }) => ({ name: id })))
    const one = await ask(
      '/access/v1/search/action',
      { ...asked, page: { limit: 1 } },
      { ...all, apis: [many] },
    )
    expect(one.body.results).toEqual([{ name: 'operation0' }])
  })

  it.each([
    ['/access/v1/search/subject', { subject: { type: 'User' }, action, resource }],
    ['/access/v1/search/resource', { subject: robot, action, resource: { type: 'Document' } }],
    ['/access/v1/search/action', { subject: robot, resource: { type: 'ApiVersion', id: 'nowhere/v1' } }],
  ] as const)('not for what nobody here knows all of: %s %j', async (endpoint, asked) => {
    const { status, body } = await ask(endpoint, asked, all)
    expect([status, body.code]).toEqual([400, 'authzen.not-searchable'])
  })
})

describe('authzen is not published', () => {
  it('where anybody could ask', () => {
    const objections = (security: Record<string, string[]>[]) =>
      authzenContract
        .objections?.(
          { tellPolicies: false },
          {
            addressLists: new Set(),
            apis: [{ name: 'authzen/v1', scopes: {}, operations: [{ id: 'ask', path: '/', security }] }],
          },
        )
        .map(({ message }) => message)
    expect(objections([{ login: ['ask'] }])).toEqual([])
    const open = 'the operation "ask" of authzen/v1 may be called by anybody'
    expect([objections([]), objections([{ login: ['ask'] }, {}])]).toEqual([[open], [open]])
  })
})
