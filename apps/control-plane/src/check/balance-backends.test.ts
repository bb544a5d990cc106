import { readFileSync } from 'node:fs'
import { upstreamDeclaration } from '@portcullis/model/resource/upstream'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'

const guide = readFileSync(new URL('../../../../docs/how-to/balance-backends.md', import.meta.url), 'utf8')
const [first, defaults, others] = [...guide.matchAll(/```yaml\n(.*?)```/gs)].map(([, text]) =>
  parse(text ?? ''),
)
const { upstream } = first.deployments.production

describe('the guide to several backends', () => {
  it('shows a declaration that is accepted as it stands', () => {
    expect(upstreamDeclaration.parse(upstream)).toMatchObject(upstream)
  })

  it('names the defaults as they are', () => {
    expect(upstreamDeclaration.parse({ ...upstream, ...defaults })).toEqual(
      upstreamDeclaration.parse(upstream),
    )
  })

  it('shows every setting that is off unless it is written, with its defaults', () => {
    const declared = { ...upstream, health: { active: { path: '/health' } }, circuitBreaker: {} }
    const { health, circuitBreaker } = upstreamDeclaration.parse(declared) as Record<string, unknown>
    const whole = upstreamDeclaration.parse({ ...upstream, ...others })
    expect(whole).toMatchObject({ health, circuitBreaker, slowStart: '30s', timeouts: others.timeouts })
    expect(Object.keys({ ...upstream, ...defaults, ...others }).toSorted()).toEqual(
      Object.keys(whole).toSorted(),
    )
  })
})
