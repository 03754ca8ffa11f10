/** What a device answered. One object for each transport, valid until its next command. */
export interface ScsiResult {
  /** One of {@link ScsiStatus}. */
  status: number;
  /** Sense data of CHECK CONDITION, as the device gave it; empty where it gave none. */
  sense: Uint8Array;
  /** Bytes of the buffer that were not transferred, as far as the transport knows. */
  residual: number;
}

/** Carries SCSI commands to one logical unit. Synchronous, one at a time. */
export interface ScsiTransport {
  /** Shown to people. Holds no secret. */
  readonly name: string;
  /**
   * Sends a command and waits for its end.
   * @param buffer what is written, or where to read to; empty for `none`. Not kept.
   * @param timeout seconds
   * @throws TAPE_BUS_RESET when the connection was lost or the device did not answer: what became of the command, and where the tape stands,
   * nobody knows. The next command connects anew.
   */
  command(cdb: Uint8Array, direction: 'none' | 'read' | 'write', buffer: Uint8Array, timeout: number): ScsiResult;
  close(): void;
}
