package database_test

import (
	"testing"
)

func TestGet(t *testing.T) {
	t.Parallel()
	forEachEngine(t, func(t *testing.T, e engine) {
		s := e.openHousing(t, nil)
		s.want(t, "GetTenancy", `{"tenancyId": 2}`, `{"tenancyId": 2, "citizenId": "C000002", "address": "2 Wharf Lane", "bedrooms": 3,
			"tenure": "introductory", "weeklyRent": "110.00", "started": "2025-06-01", "furnished": true, "viewed": "2025-05-02T10:30:00.25Z", "note": ""}`)
		s.want(t, "GetTenancy", `{"tenancyId": 3}`, `{"tenancyId": 3, "citizenId": "C000003", "address": "Flat 3, Łódź House", "postCode": "RV2 2BB", "bedrooms": 1,
			"tenure": "licence", "weeklyRent": "75.05", "started": "2020-02-29", "signed": "2020-02-20T00:00:00.123Z", "note": "quoted 'text' and 100%"}`)
		s.want(t, "GetRentLine", `{"tenancyId": 1, "lineNo": 2}`, `{"tenancyId": 1, "lineNo": 2, "amount": "-0.05"}`)
	})
}
