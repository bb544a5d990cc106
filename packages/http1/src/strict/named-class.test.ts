import { expect, test } from 'vitest'
import { requestCases } from './request/request-cases.ts'

const titles = requestCases.flatMap(([group, cases]) => cases.map(({ title }) => `${group}: ${title}`))

/** Those that begin in HTTP/2 are in `apps/gateway/src/listener/http2-listener.test.ts`, where the two meet. */
test.each([
  ['CL.TE', /CL\.TE/],
  ['TE.CL', /TE\.CL/],
  ['TE.TE', /TE\.TE/],
  ['CL.0', /(?<!\d\.)CL\.0/],
  ['TE.0', /TE\.0/],
  ['0.CL', /0\.CL/],
  ['names of fields', /name/],
  ['blanks where none belong', /blank|tab|fold/],
  ['extensions of chunks', /extension/],
])('the table has the published class of smuggling %s by its name', (_, name) => {
  expect(titles.filter((each) => name.test(each)).length).toBeGreaterThan(0)
})
