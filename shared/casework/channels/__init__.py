"""What leaves the house for somebody outside: put out in the commit that decides it, handed over afterwards (ADR 14).

At least once, in the order of each receiver, safe to kill; a receiver that is slow or away delays no other.
"""

from casework.channels.parcels import Channel as Channel
from casework.channels.parcels import NotSent as NotSent
from casework.channels.parcels import Parcel as Parcel
from casework.channels.parcels import Settled as Settled
from casework.channels.parcels import parcels_of as parcels_of
from casework.channels.parcels import put_out as put_out
from casework.channels.parcels import retry as retry
from casework.channels.post import Post as Post
from casework.channels.tables import Base as Base
from casework.channels.tables import LineRow as LineRow
from casework.channels.tables import ParcelRow as ParcelRow
