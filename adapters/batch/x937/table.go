package x937

// A kind is how a field is written.
type kind int

const (
	text   kind = iota // without blanks on either side
	padded             // text with its blanks
	number             // digits; blank is none
	date               // YYYYMMDD; blank is none
	clock              // hhmm; blank is none
	image              // bytes, whatever the code page
)

// A field follows the one in front of it.
type field struct {
	name   string // empty is reserved
	length int
	kind   kind
	// measured names the earlier field that holds the length instead.
	measured string
	// optional fields are left out of documents while they are empty.
	optional bool
}

// A table is a type of records: X9.100-187, section 6, and X9.37 where it says more.
type table struct {
	name   string
	fields []field // from position 3 on
}

// endorsement is the record of a bank that has handled an item (types 28 and 35).
var endorsement = []field{
	{name: "recordNumber", length: 2, kind: number}, {name: "endorsingBankRoutingNumber", length: 9}, {name: "bofdEndorsementBusinessDate", length: 8, kind: date},
	{name: "endorsingBankItemSequenceNumber", length: 15}, {name: "truncationIndicator", length: 1}, {name: "endorsingBankConversionIndicator", length: 1},
	{name: "endorsingBankCorrectionIndicator", length: 1, kind: number}, {name: "returnReason", length: 1}, {name: "userField", length: 19},
	{name: "endorsingBankIdentifier", length: 1, kind: number}, {length: 20},
}

// deposit is the record of the bank of first deposit (types 26 and 32).
var deposit = []field{
	{name: "recordNumber", length: 1, kind: number}, {name: "returnLocationRoutingNumber", length: 9}, {name: "bofdEndorsementDate", length: 8, kind: date},
	{name: "bofdItemSequenceNumber", length: 15}, {name: "bofdAccountNumber", length: 18}, {name: "bofdBranchCode", length: 5}, {name: "payeeName", length: 15},
	{name: "truncationIndicator", length: 1}, {name: "bofdConversionIndicator", length: 1}, {name: "bofdCorrectionIndicator", length: 1, kind: number},
	{name: "userField", length: 1}, {length: 3},
}

// reference is where the image of an item is kept (types 27 and 34).
var reference = []field{
	{name: "imageReferenceKeyIndicator", length: 1, kind: number}, {name: "microfilmArchiveSequenceNumber", length: 15}, {name: "imageReferenceKeyLength", length: 4},
	{name: "imageReferenceKey", measured: "imageReferenceKeyLength"}, {name: "description", length: 15}, {name: "userField", length: 4}, {length: 5},
}

var tables = map[string]table{
	"01": {"fileHeader", []field{
		{name: "standardLevel", length: 2}, {name: "testIndicator", length: 1}, {name: "immediateDestination", length: 9}, {name: "immediateOrigin", length: 9},
		{name: "fileCreationDate", length: 8, kind: date}, {name: "fileCreationTime", length: 4, kind: clock}, {name: "ResendIndicator", length: 1},
		{name: "immediateDestinationName", length: 18}, {name: "ImmediateOriginName", length: 18}, {name: "fileIDModifier", length: 1}, {name: "countryCode", length: 2},
		{name: "userField", length: 4}, {name: "companionDocumentIndicator", length: 1},
	}},
	"10": {"cashLetterHeader", []field{
		{name: "collectionTypeIndicator", length: 2}, {name: "destinationRoutingNumber", length: 9}, {name: "eceInstitutionRoutingNumber", length: 9},
		{name: "cashLetterBusinessDate", length: 8, kind: date}, {name: "cashLetterCreationDate", length: 8, kind: date}, {name: "cashLetterCreationTime", length: 4, kind: clock},
		{name: "recordTypeIndicator", length: 1}, {name: "DocumentationTypeIndicator", length: 1}, {name: "cashLetterID", length: 8},
		{name: "originatorContactName", length: 14}, {name: "originatorContactPhoneNumber", length: 10}, {name: "fedWorkType", length: 1},
		{name: "returnsIndicator", length: 1}, {name: "userField", length: 1}, {length: 1},
	}},
	"20": {"bundleHeader", []field{
		{name: "collectionTypeIndicator", length: 2}, {name: "destinationRoutingNumber", length: 9}, {name: "eceInstitutionRoutingNumber", length: 9},
		{name: "bundleBusinessDate", length: 8, kind: date}, {name: "bundleCreationDate", length: 8, kind: date}, {name: "bundleID", length: 10},
		{name: "BundleSequenceNumber", length: 4}, {name: "cycleNumber", length: 2}, {length: 9}, {name: "userField", length: 5}, {length: 12},
	}},
	"25": {"checks", []field{
		{name: "auxiliaryOnUs", length: 15}, {name: "externalProcessingCode", length: 1}, {name: "payorBankRoutingNumber", length: 8}, {name: "payorBankCheckDigit", length: 1},
		{name: "onUs", length: 20}, {name: amount, length: 10, kind: number}, {name: "eceInstitutionItemSequenceNumber", length: 15},
		{name: "documentationTypeIndicator", length: 1}, {name: "returnAcceptanceIndicator", length: 1}, {name: "micrValidIndicator", length: 1, kind: number},
		{name: "bofdIndicator", length: 1}, {name: "addendumCount", length: 2, kind: number}, {name: "correctionIndicator", length: 1, kind: number},
		{name: "archiveTypeIndicator", length: 1},
	}},
	"26": {"checkDetailAddendumA", deposit},
	"27": {"checkDetailAddendumB", reference},
	"28": {"checkDetailAddendumC", endorsement},
	"31": {"returns", []field{
		{name: "payorBankRoutingNumber", length: 8}, {name: "payorBankCheckDigit", length: 1}, {name: "onUs", length: 20}, {name: amount, length: 10, kind: number},
		{name: "returnReason", length: 1}, {name: "addendumCount", length: 2, kind: number}, {name: "documentationTypeIndicator", length: 1},
		{name: "forwardBundleDate", length: 8, kind: date}, {name: "eceInstitutionItemSequenceNumber", length: 15}, {name: "externalProcessingCode", length: 1},
		{name: "returnNotificationIndicator", length: 1}, {name: "archiveTypeIndicator", length: 1}, {name: "timesReturned", length: 1, kind: number}, {length: 8},
	}},
	"32": {"returnDetailAddendumA", deposit},
	"33": {"returnDetailAddendumB", []field{
		{name: "payorBankName", length: 18}, {name: "auxiliaryOnUs", length: 15}, {name: "payorBankSequenceNumber", length: 15},
		{name: "payorBankBusinessDate", length: 8, kind: date}, {name: "payorAccountName", length: 22},
	}},
	"34": {"returnDetailAddendumC", reference},
	"35": {"returnDetailAddendumD", endorsement},
	"50": {"imageViewDetail", []field{
		{name: "imageIndicator", length: 1, kind: number}, {name: "imageCreatorRoutingNumber", length: 9}, {name: "imageCreatorDate", length: 8, kind: date},
		{name: "imageViewFormatIndicator", length: 2}, {name: "imageViewCompressionAlgorithm", length: 2}, {name: "imageViewDataSize", length: 7},
		{name: "viewSideIndicator", length: 1, kind: number}, {name: "viewDescriptor", length: 2}, {name: "digitalSignatureIndicator", length: 1, kind: number},
		{name: "digitalSignatureMethod", length: 2}, {name: "securityKeySize", length: 5, kind: number}, {name: "protectedDataStart", length: 7, kind: number},
		{name: "protectedDataLength", length: 7, kind: number}, {name: "imageRecreateIndicator", length: 1, kind: number}, {name: "userField", length: 8}, {length: 1},
		{name: "overrideIndicator", length: 1}, {length: 13},
	}},
	"52": {"imageViewData", []field{
		{name: "eceInstitutionRoutingNumber", length: 9}, {name: "bundleBusinessDate", length: 8, kind: date}, {name: "cycleNumber", length: 2},
		{name: "eceInstitutionItemSequenceNumber", length: 15}, {name: "securityOriginatorName", length: 16}, {name: "securityAuthenticatorName", length: 16},
		{name: "securityKeyName", length: 16}, {name: "clippingOrigin", length: 1, kind: number}, {name: "clippingCoordinateH1", length: 4},
		{name: "clippingCoordinateH2", length: 4}, {name: "clippingCoordinateV1", length: 4}, {name: "clippingCoordinateV2", length: 4},
		{name: "lengthImageReferenceKey", length: 4}, {name: "imageReferenceKey", measured: "lengthImageReferenceKey"}, {name: "lengthDigitalSignature", length: 5},
		{name: "digitalSignature", measured: "lengthDigitalSignature", kind: image}, {name: "lengthImageData", length: 7},
		{name: "imageData", measured: "lengthImageData", kind: image},
	}},
	"54": {"imageViewAnalysis", append(append(digits("globalImageQuality", "globalImageUsability", "imagingBankSpecificTest", "partialImage", "excessiveImageSkew",
		"piggybackImage", "tooLightOrTooDark", "streaksAndOrBands", "belowMinimumImageSize", "exceedsMaximumImageSize"), field{length: 13}),
		append(digits("imageEnabledPOD", "sourceDocumentBad", "dateUsability", "payeeUsability", "convenienceAmountUsability", "amountInWordsUsability",
			"signatureUsability", "payorNameAddressUsability", "micrLineUsability", "memoLineUsability", "payorBankNameAddressUsability",
			"payeeEndorsementUsability", "bofdEndorsementUsability", "transitEndorsementUsability"),
			field{length: 6}, field{name: "userField", length: 20}, field{length: 15})...)},
	"61": {"credit", []field{
		{name: "auxiliaryOnUs", length: 15, optional: true}, {name: "externalProcessingCode", length: 1, optional: true}, {name: "payorBankRoutingNumber", length: 9},
		{name: "creditAccountNumberOnUs", length: 20}, {name: amount, length: 10, kind: number},
		{name: "eceInstitutionItemSequenceNumber", length: 15, kind: padded, optional: true}, {name: "documentationTypeIndicator", length: 1, optional: true},
		{name: "accountTypeCode", length: 1, optional: true}, {name: "sourceWorkCode", length: 1, optional: true}, {name: "workType", length: 1, optional: true},
		{name: "debitCreditIndicator", length: 1, optional: true}, {length: 3},
	}},
	"62": {"creditItem", []field{
		{name: "auxiliaryOnUs", length: 15}, {name: "externalProcessingCode", length: 1}, {name: "postingBankRoutingNumber", length: 9}, {name: "onUs", length: 20},
		{name: amount, length: 14, kind: number}, {name: "creditItemSequenceNumber", length: 15}, {name: "documentationTypeIndicator", length: 1},
		{name: "accountTypeCode", length: 1}, {name: "sourceWorkCode", length: 2}, {name: "userField", length: 16}, {length: 4},
	}},
	"70": {"bundleControl", []field{
		{name: "bundleitemsCount", length: 4, kind: number}, {name: "bundleTotalAmount", length: 12, kind: number}, {name: "micrValidTotalAmount", length: 12, kind: number},
		{name: "bundleImagesCount", length: 5, kind: number}, {name: "userField", length: 20}, {name: credits, length: 1, kind: number}, {length: 24},
	}},
	"85": {"routingNumberSummary", []field{
		{name: "cashLetterRoutingNumber", length: 9}, {name: "routingNumberTotalAmount", length: 14, kind: number}, {name: "routingNumberItemCount", length: 6, kind: number},
		{name: "userField", length: 24}, {length: 25},
	}},
	"90": {"cashLetterControl", []field{
		{name: "cashLetterBundleCount", length: 6, kind: number}, {name: "cashLetterItemsCount", length: 8, kind: number},
		{name: "cashLetterTotalAmount", length: 14, kind: number}, {name: "cashLetterImagesCount", length: 9, kind: number}, {name: "eceInstitutionName", length: 18},
		{name: "settlementDate", length: 8, kind: date}, {name: credits, length: 1, kind: number}, {length: 14},
	}},
	"99": {"fileControl", []field{
		{name: "cashLetterCount", length: 6, kind: number}, {name: "totalRecordCount", length: 8, kind: number}, {name: "totalItemCount", length: 8, kind: number},
		{name: "fileTotalAmount", length: 16, kind: number}, {name: "immediateOriginContactName", length: 14}, {name: "immediateOriginContactPhoneNumber", length: 10},
		{name: credits, length: 1, kind: number}, {length: 15},
	}},
}

// Names that the checks look at.
const (
	amount  = "itemAmount"
	credits = "creditTotalIndicator"
)

// digits are fields of one digit each.
func digits(names ...string) []field {
	fields := make([]field, len(names))
	for i, name := range names {
		fields[i] = field{name: name, length: 1, kind: number}
	}
	return fields
}
