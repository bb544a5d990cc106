import type { Decision } from '@portcullis/model/decision/decision'
import { describe, expect, it } from 'vitest'
import { eventsContract } from './contract.ts'
import { openMemoryEvents } from './memory.ts'

eventsContract('memory events', () => openMemoryEvents())

describe('memory events', () => {
  it('drop the oldest where there is no room', async () => {
    const events = openMemoryEvents(3)
    const record = (id: string): Decision => ({
      id,
      organization: 'hmart',
      environment: 'production',
      revision: 1,
      at: '2026-01-01T00:00:00Z',
      method: 'GET',
      outcome: 'allowed',
      status: 200,
      steps: [],
      micros: 1,
    })
    await events.append(['a', 'b'].map(record))
    await events.append(['c', 'd', 'e'].map(record))
    const found = await events.find('hmart', { limit: 10 })
    expect(found.map((each) => each.id)).toEqual(['e', 'd', 'c'])
  })
})
