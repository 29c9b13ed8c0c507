import Hashing
import Testing
import VenueTypes

@testable import Journaling
