"""Every bound on bytes from a stranger (PROTOCOL B.4, F.3, G, A5).

Checked before anything is allocated. A number here is part of the format.
"""

KIB = 1024
MIB = 1024 * KIB

UINT_MAX = 2**53  # the largest integer every msgpack reader keeps exact
NESTING_MAX = 8  # the deepest legal message (a keys record in RECS) needs 6

RECORD_MAX_BYTES = MIB
HEADER_MAX_BYTES = 64 * KIB
PARENTS_MAX = 32
ENTRIES_MAX = 2_000
LITERAL_MAX_BYTES = 65_536
LAYOUT_MAX_BYTES = 256 * KIB
NAME_MAX_BYTES = 128
LABEL_MAX_BYTES = 64
NOTE_MAX_BYTES = 4 * KIB  # display names, device labels, notes and release messages
SCOPE_LINES_MAX = 64
USERS_MAX = 64
DEVICES_PER_USER_MAX = 8
EPOCHS_PER_RECORD_MAX = 64  # at most one per scope; a record that rotates more is split
DEVICES_PER_RECORD_MAX = 64  # removed at once; more take several records
LINKS_MAX = 256  # the 64 KiB of a header leave room for about 400
SEALS_MAX = 600  # 64 users x 8 devices and the root, with room

FRAME_MAX_BYTES = 16 * KIB  # the portable size of a data-channel message
FRAME_PAYLOAD_MAX_BYTES = 16_000
WINDOW_BYTES = 128 * KIB  # unacknowledged at most: aiortc stalls for a second beyond it
ORPHANS_MAX = 256
ORPHANS_MAX_BYTES = 4 * MIB
WANT_MAX_IDS = 256
HEADS_MAX = 32
VECTOR_MAX = 1_024  # 64 users x 8 devices, and those since removed
INTRO_MAX_RECORDS = 512
INTRO_MAX_BYTES = MIB

BLOB_MAX_BYTES = 16 * KIB
BLOB_SIZES = (KIB, 4 * KIB, 16 * KIB)  # sealed signaling messages are padded to one of these
