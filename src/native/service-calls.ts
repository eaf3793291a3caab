// Owns: the part of the native boundary that only a service needs.
// Knows nothing of: the service.

/** All throw NativeError: kListenFailed, kResourceExhausted or kConfineFailed. Descriptors are the caller's to close. */
export interface ServiceCalls {
  /** On a numeric address; port 0 takes a free one. */
  listenTcp(address: string, port: number): { readonly fd: number; readonly port: number };
  /** At a path, mode 0660; what an earlier run left there is replaced. */
  listenUnix(path: string): number;
  /** Two connected stream sockets. */
  socketPair(): [number, number];
  /** Holds a folder while the descriptor is open: flock(2). `errno` EWOULDBLOCK (11): another process holds it. */
  lockFolder(path: string): number;
  /** One datagram to the service manager, sd_notify(3); `address` is its NOTIFY_SOCKET. */
  notifyManager(address: string, state: string): void;
  /**
   * Gives up every right of this process, on all threads, for good: ids (where given), groups, capabilities, new
   * programs, processes and sockets, writing to files. Open descriptors stay usable.
   */
  confine(identity: { readonly uid: number; readonly gid: number } | null): void;
  /** Whether processes that are started from now on get this one's capabilities where they are not root. */
  handOnCapabilities(on: boolean): void;
}
