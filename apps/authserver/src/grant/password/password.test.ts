import { decodeJwt } from 'jose'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openWorld, PASSWORD, requestToken, type TestClient, WAREHOUSE, type World } from '../../test-kit.ts'

let world: World
let legacy: TestClient

beforeAll(async () => {
  world = await openWorld()
  await world.app('legacy', { grants: ['password'] })
  await world.app('modern', {})
  await world.user('ada')
  await world.password('ada')
  const all = [['warehouse', ['list_items']]] as const
  await world.publish({ legacy: all, modern: all })
  legacy = { id: 'legacy', secret: await world.credential('legacy') }
})
afterAll(() => world.close())

const ask = (client: TestClient, changes = {}) =>
  requestToken(world, client, {
    grant_type: 'password',
    username: 'ada',
    password: PASSWORD,
    scope: 'list_items',
    ...changes,
  })

it('gives a legacy app a token for the user, within its subscription', async () => {
  const { status, body } = await ask(legacy)
  expect(status).toBe(200)
  expect(decodeJwt(String(body.access_token))).toMatchObject({
    sub: 'ada',
    aud: WAREHOUSE,
    client_id: 'legacy',
  })
  expect((await ask(legacy, { scope: 'order_item' })).body.error).toBe('invalid_scope')
  expect(JSON.stringify(world.log.lines)).not.toContain(PASSWORD)
})

it('is refused to an app that does not name it', async () => {
  const answer = await ask({ id: 'modern', secret: await world.credential('modern') })
  expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_request' } })
})

it('is refused to a user who needs a second factor', async () => {
  await world.organization('hmart', { secondFactor: 'required' })
  const answer = await ask(legacy)
  expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
  const record = world.log.lines.findLast(({ message }) => message === 'token refused')
  expect(record?.fields?.detail).toContain('second factor')
  await world.organization('hmart')
})

it('tells a wrong password and an unknown user apart for nobody, and limits guesses as the page does', async () => {
  const wrong = await ask(legacy, { password: 'wrong' })
  expect(wrong.body.error).toBe('invalid_grant')
  expect((await ask(legacy, { username: 'nobody' })).body).toEqual(wrong.body)
  let answer = wrong
  for (let tries = 0; tries < 12 && answer.headers.get('retry-after') === null; tries++) {
    answer = await ask(legacy, { password: 'wrong' })
  }
  expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
  expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
  expect((await ask(legacy)).status).toBe(400)
})
