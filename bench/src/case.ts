/** What is asked of a subject. */
export const works = [
  'small', //      one public operation, a reply of 1 KB
  'large', //      the same with a reply of 100 KB
  'body-1k', //    a public operation that takes a body of 1 KB, a reply of 1 KB
  'body-100k', //  the same with a body of 100 KB
  'short', //      as small, every request on a connection of its own
  'spread-10', //  as small, over so many operations
  'spread-1000',
  'spread-100000',
  'rs256-1000', // the protected operation, so many tokens in turn
  'es256-1000',
  'rs256-new', //  every token is one that was not seen for a long time
  'es256-new',
  'fixed-rate', //  as small, so many a second whatever the replies take: the times are what a caller waits
  'tls', //         as small, over TLS 1.3 on connections that stay
  'websocket-echo', // a message of 1 KB on a WebSocket, and back
] as const
export type Work = (typeof works)[number]

/** What can stand between the load and the backend; a gateway by how many public operations it serves. */
export const subjectNames = [
  'nginx',
  'haproxy',
  'haproxy-rs256',
  'haproxy-es256',
  'caddy',
  'portcullis-10',
  'portcullis-1000',
  'portcullis-100000',
  'nginx-tls',
  'haproxy-tls',
  'portcullis-tls',
  'portcullis-threads-2',
] as const
export type SubjectName = (typeof subjectNames)[number]

export interface Case {
  readonly name: string
  readonly subject: SubjectName
  readonly work: Work
  /** The cases to which this one is compared, where they can be run. */
  readonly nginx: string
  readonly haproxy: string
  readonly haproxyJwt?: string
}

/** Everything that is measured, in the order of the table. Who stands beside is named like the program. */
export const cases: readonly Case[] = [
  plainCase('nginx', 'nginx', 'small'),
  plainCase('haproxy', 'haproxy', 'small'),
  plainCase('caddy', 'caddy', 'small'),
  plainCase('haproxy-rs256', 'haproxy-rs256', 'rs256-1000'),
  plainCase('haproxy-es256', 'haproxy-es256', 'es256-1000'),
  plainCase('plain', 'portcullis-10', 'small'),
  fullCase('full-cached-rs256', 'rs256-1000', 'haproxy-rs256'),
  fullCase('full-cached-es256', 'es256-1000', 'haproxy-es256'),
  fullCase('full-new-rs256', 'rs256-new', 'haproxy-rs256'),
  fullCase('full-new-es256', 'es256-new', 'haproxy-es256'),
  plainCase('operations-10', 'portcullis-10', 'spread-10'),
  plainCase('operations-1000', 'portcullis-1000', 'spread-1000'),
  plainCase('operations-100000', 'portcullis-100000', 'spread-100000'),
  besideCase('nginx-large', 'nginx', 'large'),
  besideCase('haproxy-large', 'haproxy', 'large'),
  besideCase('large', 'portcullis-10', 'large'),
  besideCase('nginx-body-1k', 'nginx', 'body-1k'),
  besideCase('haproxy-body-1k', 'haproxy', 'body-1k'),
  besideCase('body-1k', 'portcullis-10', 'body-1k'),
  besideCase('nginx-body-100k', 'nginx', 'body-100k'),
  besideCase('haproxy-body-100k', 'haproxy', 'body-100k'),
  besideCase('body-100k', 'portcullis-10', 'body-100k'),
  besideCase('nginx-short', 'nginx', 'short'),
  besideCase('haproxy-short', 'haproxy', 'short'),
  besideCase('short', 'portcullis-10', 'short'),
  besideCase('nginx-fixed-rate', 'nginx', 'fixed-rate'),
  besideCase('haproxy-fixed-rate', 'haproxy', 'fixed-rate'),
  besideCase('fixed-rate', 'portcullis-10', 'fixed-rate'),
  besideCase('nginx-tls', 'nginx-tls', 'tls'),
  besideCase('haproxy-tls', 'haproxy-tls', 'tls'),
  besideCase('tls', 'portcullis-tls', 'tls'),
  plainCase('threads-2', 'portcullis-threads-2', 'small'),
  besideCase('nginx-websocket-echo', 'nginx', 'websocket-echo'),
  besideCase('haproxy-websocket-echo', 'haproxy', 'websocket-echo'),
  besideCase('websocket-echo', 'portcullis-10', 'websocket-echo'),
]

/** Compared with what the others do for a small reply without any policy. */
function plainCase(name: string, subject: SubjectName, work: Work): Case {
  return { name, subject, work, nginx: 'nginx', haproxy: 'haproxy' }
}

function fullCase(name: string, work: Work, haproxyJwt: string): Case {
  return { ...plainCase(name, 'portcullis-10', work), haproxyJwt }
}

/** Compared with what the others do with the same work. */
function besideCase(name: string, subject: SubjectName, work: Work): Case {
  return { name, subject, work, nginx: `nginx-${work}`, haproxy: `haproxy-${work}` }
}

/**
 * The cases that were asked for, all when none was, with those that they are compared to, in the order of the table.
 *
 * @throws RangeError for a name that is none.
 */
export function chooseCases(asked: readonly string[]): Case[] {
  const unknown = asked.filter((name) => !cases.some((each) => each.name === name))
  if (unknown.length > 0) {
    const known = cases.map((each) => each.name).join(', ')
    throw new RangeError(`there is no case ${unknown.join(', ')}; there are ${known}`)
  }
  if (asked.length === 0) return [...cases]
  const wanted = cases.filter((each) => asked.includes(each.name))
  const beside = wanted.flatMap((each) => [each.nginx, each.haproxy, each.haproxyJwt])
  return cases.filter((each) => wanted.includes(each) || beside.includes(each.name))
}
