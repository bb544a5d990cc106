/** Where a connection is with its requests. */
export type Phase =
  | 'head' //    between requests or within a head
  | 'busy' //    a request was handed over and is not answered in full
  | 'drop' //    answered; the rest of its body is dropped before the next request
  | 'linger' //  answered for the last time; what still comes is dropped
  | 'closed'
