import type { Decision } from '@portcullis/model/decision/decision'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type EventQuery, type Events, eventsFaults } from './port.ts'
import { MAX_BATCH, MAX_FOUND, MAX_RECORD_BYTES, MAX_TEXT_BYTES, textAttributes } from './prepare.ts'

const NOON = Date.parse('2026-01-01T12:00:00.000Z')
const at = (millisAfterNoon: number): string => new Date(NOON + millisAfterNoon).toISOString()

function record(id: string, facts: Partial<Decision> = {}): Decision {
  return {
    id,
    organization: 'hmart',
    environment: 'production',
    revision: 7,
    at: at(0),
    method: 'GET',
    outcome: 'allowed',
    status: 200,
    steps: [
      {
        policy: 'jwt',
        origin: 'contract',
        mode: 'enforce',
        verdict: 'proceed',
        saw: { alg: 'ES256' },
        micros: 40,
      },
    ],
    micros: 900,
    ...facts,
  }
}

const listItems = { api: 'warehouse', version: 'v1', id: 'listItems', path: '/items' }

/**
 * What all events do, whatever their engine. `open` gives events that are new, empty, nobody else's and have room for
 * 12,000 records; the suite closes them. Where a record's time is that of another, the one whose id comes later in
 * code-point order is the newer. Ids are unique within an organization: none can take the id of another's record.
 */
export function eventsContract(name: string, open: () => Events | Promise<Events>): void {
  const start = async (): Promise<Events> => {
    const events = await open()
    onTestFinished(() => events.close())
    return events
  }
  const idsOf = (records: readonly Decision[]): string[] => records.map((each) => each.id)
  const all: EventQuery = { limit: 1000 }

  describe(`${name}: keeping`, () => {
    it('gives a record back whole, at once', async () => {
      const events = await start()
      const full = record('a', {
        operation: listItems,
        client: 'shop',
        subject: 'ann',
        outcome: 'refused',
        status: 403,
        code: 'scope.missing',
        upstream: { status: 200, micros: 500 },
      })
      await events.append([full])
      expect(await events.get('hmart', 'a')).toEqual(full)
      expect(await events.find('hmart', all)).toEqual([full])
    })

    it('leaves a record as it is when its id comes again, in the same batch or later', async () => {
      const events = await start()
      await events.append([record('a', { status: 200 }), record('a', { status: 500 })])
      await events.append([record('a', { status: 500, at: at(9) }), record('b')])
      expect(await events.get('hmart', 'a')).toEqual(record('a', { status: 200 }))
      expect(idsOf(await events.find('hmart', all))).toEqual(['b', 'a'])
    })

    it('shares no object with those who append or read', async () => {
      const events = await start()
      const given = record('a')
      await events.append([given])
      Object.assign(given, { status: 500 })
      Object.assign((await events.get('hmart', 'a')) ?? {}, { status: 501 })
      expect((await events.find('hmart', all))[0]?.status).toBe(200)
    })

    it('keeps organizations apart, also where they use the same ids', async () => {
      const events = await start()
      const organizations = ['a', 'a/', 'a/b', '"', '%', '__proto__', '\u{1f600}']
      for (const organization of organizations) {
        await events.append([
          record('x', { organization, client: organization }),
          record('b/x', { organization }),
        ])
      }
      for (const organization of organizations) {
        expect((await events.get(organization, 'x'))?.client).toBe(organization)
        expect(idsOf(await events.find(organization, all))).toEqual(['x', 'b/x'])
      }
      expect(await events.get('b', 'x')).toBeUndefined()
      expect(await events.find('other', all)).toEqual([])
    })

    it('keeps all of a batch or, when one record breaks a limit, none of it', async () => {
      const events = await start()
      const long = 'x'.repeat(MAX_TEXT_BYTES + 1)
      const refused = [
        ...['', 'a\0', '\ud800', long].map((id) => record(id)),
        record('b', { at: '2026-13-01T00:00:00Z' }),
        record('b', { client: long }),
        record('b', { client: '\ud800' }),
        record('b', { subject: 'x'.repeat(MAX_RECORD_BYTES) }),
      ]
      for (const bad of refused) {
        await expect(events.append([record('a'), bad])).rejects.toSatisfy(eventsFaults.invalid.is)
      }
      const batch = Array.from({ length: MAX_BATCH + 1 }, (_, i) => record(`${i}`))
      await expect(events.append(batch)).rejects.toSatisfy(eventsFaults.invalid.is)
      expect(await events.find('hmart', all)).toEqual([])
      await events.append(batch.slice(1))
      await events.append([])
      expect(await events.get('hmart', `${MAX_BATCH}`)).toEqual(record(`${MAX_BATCH}`))
    })

    it('loses no record of appends that race', async () => {
      const events = await start()
      const batches = Array.from({ length: 20 }, (_, i) => [
        record(`${i}/a`),
        record(`${i}/b`),
        record('shared'),
      ])
      await Promise.all(batches.map((batch) => events.append(batch)))
      expect(await events.find('hmart', all)).toHaveLength(41)
    })
  })

  describe(`${name}: finding`, () => {
    it('finds by each attribute alone and by all of them', async () => {
      const events = await start()
      const facts = {
        operation: listItems,
        client: 'shop',
        outcome: 'refused',
        code: 'scope.missing',
      } as const
      const wanted = record('wanted', facts)
      const bare = record('bare')
      await events.append([
        wanted,
        bare,
        record('environment', { ...facts, environment: 'sandbox' }),
        record('api', { ...facts, operation: { ...listItems, api: 'shipping' } }),
        record('operation', { ...facts, operation: { ...listItems, id: 'orderItem' } }),
        record('client', { ...facts, client: 'robot' }),
        record('outcome', { ...facts, outcome: 'failed' }),
        record('code', { ...facts, code: 'jwt.expired' }),
      ])
      const query = {
        environment: 'production',
        api: 'warehouse',
        operation: 'listItems',
        client: 'shop',
        outcome: 'refused',
        code: 'scope.missing',
      } as const
      expect(await events.find('hmart', { ...query, limit: 10 })).toEqual([wanted])
      const ids = ['environment', 'api', 'operation', 'client', 'outcome', 'code', 'wanted', 'bare']
      for (const attribute of textAttributes) {
        const found = idsOf(await events.find('hmart', { [attribute]: query[attribute], limit: 10 }))
        const unlike = attribute === 'environment' ? [attribute] : [attribute, 'bare']
        expect(found.toSorted()).toEqual(ids.filter((id) => !unlike.includes(id)).toSorted())
      }
    })

    it('gives the newest first, between times of which the first counts and the last does not', async () => {
      const events = await start()
      await events.append([
        record('b', { at: at(0) }),
        record('c', { at: at(1) }),
        record('a', { at: at(1) }),
        record('\u{1f600}', { at: at(2) }),
        record('\uffff', { at: at(2) }),
        record('d', { at: at(-1) }),
        record('e', { at: '2026-01-01T12:00:00.0019Z' }),
      ])
      const newest = ['\u{1f600}', '\uffff', 'e', 'c', 'a', 'b', 'd']
      expect(idsOf(await events.find('hmart', all))).toEqual(newest)
      expect(idsOf(await events.find('hmart', { limit: 3 }))).toEqual(newest.slice(0, 3))
      const between = { since: NOON, until: NOON + 2, limit: 10 }
      expect(idsOf(await events.find('hmart', between))).toEqual(['e', 'c', 'a', 'b'])
    })

    it('gives at most 1,000 records and refuses a limit or a time that is none', async () => {
      const events = await start()
      await events.append(Array.from({ length: MAX_FOUND + 1 }, (_, i) => record(`${i}`)))
      expect(await events.find('hmart', { limit: 5000 })).toHaveLength(MAX_FOUND)
      expect(await events.find('hmart', { limit: 0 })).toEqual([])
      const refused = [
        { limit: -1 },
        { limit: Number.NaN },
        { limit: 1, since: Number.NaN },
        { limit: 1, until: 0.5 },
      ]
      for (const query of refused) {
        await expect(events.find('hmart', query)).rejects.toSatisfy(eventsFaults.invalid.is)
      }
    })

    it('finds nothing by what no record can have', async () => {
      const events = await start()
      await events.append([record('\ufffd', { client: '\ufffd' })])
      expect(await events.get('hmart', '\ud800')).toBeUndefined()
      expect(await events.get('hmart', 'x'.repeat(1_000_000))).toBeUndefined()
      expect(await events.find('hmart', { client: '\ud800', limit: 1 })).toEqual([])
      expect(await events.find('\ud800', { limit: 1 })).toEqual([])
    })

    it('finds what going through all records would find', async () => {
      const events = await start()
      const text = fc.constantFrom('a', 'b')
      const facts = { client: text, code: text, operation: text }
      const anyRecords = fc.array(fc.record({ ...facts, millis: fc.nat(5) }, { requiredKeys: ['millis'] }))
      const anyQuery = fc.record({ ...facts, since: fc.nat(5), until: fc.nat(6) }, { requiredKeys: [] })
      let run = 0
      await fc.assert(
        fc.asyncProperty(anyRecords, anyQuery, async (made, { since, until, ...attributes }) => {
          const organization = `run-${run++}`
          const records = made.map(({ millis, operation, ...rest }, i) =>
            record(String.fromCharCode(97 + i), {
              ...rest,
              organization,
              at: at(millis),
              ...(operation !== undefined && { operation: { ...listItems, id: operation } }),
            }),
          )
          await events.append(records)
          const expected = records
            .filter((each) => !('client' in attributes) || each.client === attributes.client)
            .filter((each) => !('code' in attributes) || each.code === attributes.code)
            .filter((each) => !('operation' in attributes) || each.operation?.id === attributes.operation)
            .filter((each) => since === undefined || Date.parse(each.at) >= NOON + since)
            .filter((each) => until === undefined || Date.parse(each.at) < NOON + until)
            .toSorted((a, b) => Date.parse(b.at) - Date.parse(a.at) || (a.id < b.id ? 1 : -1))
          const times = {
            ...(since !== undefined && { since: NOON + since }),
            ...(until !== undefined && { until: NOON + until }),
          }
          expect(await events.find(organization, { ...attributes, ...times, limit: 1000 })).toEqual(expected)
        }),
      )
    })
  })

  describe(`${name}: what observed steps would have refused`, () => {
    const step = { policy: 'rate-limit', origin: 'api warehouse/v1', micros: 1 } as const
    const observed = { ...step, mode: 'observe', verdict: 'refuse', code: 'rate-limit.exceeded' } as const
    const sum = {
      environment: 'production',
      policy: 'rate-limit',
      origin: 'api warehouse/v1',
      code: 'rate-limit.exceeded',
    }

    it('is added up by step, reason, operation and app, the most first', async () => {
      const events = await start()
      const facts = { operation: listItems, client: 'shop', steps: [observed] }
      await events.append([
        record('a', facts),
        record('b', { ...facts, client: 'robot' }),
        record('c', facts),
        record('d', { steps: [observed, { ...observed, origin: 'api warehouse/v1 #2' }] }),
        record('e', { ...facts, steps: [{ ...observed, mode: 'enforce' }] }),
        record('f', { ...facts, steps: [{ ...step, mode: 'observe', verdict: 'proceed' }] }),
        record('g', { ...facts, organization: 'other' }),
      ])
      await events.append([record('a', facts)])
      const [most, ...rest] = await events.observed('hmart', { limit: 10 })
      const called = { api: 'warehouse', operation: 'listItems' }
      expect(most).toEqual({ ...sum, ...called, client: 'shop', calls: 2 })
      expect(rest).toHaveLength(3)
      expect(rest).toEqual(
        expect.arrayContaining([
          { ...sum, ...called, client: 'robot', calls: 1 },
          { ...sum, calls: 1 },
          { ...sum, origin: 'api warehouse/v1 #2', calls: 1 },
        ]),
      )
      expect(await events.observed('hmart', { limit: 1 })).toEqual([most])
    })

    it('is that of a time, a policy and an environment', async () => {
      const events = await start()
      await events.append([
        record('a', { at: at(-1), steps: [observed] }),
        record('b', { at: at(0), steps: [observed] }),
        record('c', { at: at(1), steps: [observed] }),
        record('d', { environment: 'sandbox', steps: [{ ...observed, policy: 'jwt', code: 'jwt.expired' }] }),
      ])
      const between = { since: NOON, until: NOON + 1, limit: 10 }
      expect(await events.observed('hmart', { ...between, environment: 'production' })).toEqual([
        { ...sum, calls: 1 },
      ])
      expect(await events.observed('hmart', { policy: 'jwt', limit: 10 })).toMatchObject([{ calls: 1 }])
      expect(await events.observed('hmart', { policy: '\ud800', limit: 10 })).toEqual([])
      await expect(events.observed('hmart', { limit: -1 })).rejects.toSatisfy(eventsFaults.invalid.is)
    })

    it('is swept with its records', async () => {
      const events = await start()
      await events.append([
        record('a', { at: at(-1), steps: [observed] }),
        record('b', { steps: [observed] }),
      ])
      expect(await events.sweep(NOON)).toBe(1)
      expect(await events.observed('hmart', { limit: 10 })).toEqual([{ ...sum, calls: 1 }])
    })
  })

  describe(`${name}: as a whole`, () => {
    it('sweeps what is older, of every organization, and counts it', async () => {
      const events = await start()
      await events.append([
        ...Array.from({ length: 2_500 }, (_, i) => record(`${i}`, { at: at(-1) })),
        record('other', { organization: 'other', at: at(-2) }),
        record('kept', { at: at(0) }),
      ])
      expect(await events.sweep(NOON)).toBe(2_501)
      expect(await events.sweep(NOON)).toBe(0)
      expect(idsOf(await events.find('hmart', all))).toEqual(['kept'])
      expect(await events.find('other', all)).toEqual([])
    })

    it('rejects everything once it is closed, and never answers that there is nothing', async () => {
      const events = await start()
      await events.append([record('a')])
      await events.close()
      await events.close()
      const asked = [
        () => events.append([record('b')]),
        () => events.append([]),
        () => events.get('hmart', 'a'),
        () => events.get('hmart', '\ud800'),
        () => events.find('hmart', all),
        () => events.observed('hmart', all),
        () => events.sweep(NOON),
      ]
      for (const ask of asked) await expect(ask()).rejects.toSatisfy(eventsFaults.unavailable.is)
    })
  })
}
