package population

// A given name, and whether a man or a woman has it.
type givenName struct {
	name   string
	female bool
}

// The names hold letters outside ASCII on purpose: the mainframe keeps them in EBCDIC, the SOAP service in UTF-8.
var givenNames = []givenName{
	{"Aisha", true}, {"Alan", false}, {"Alice", true}, {"Amelia", true}, {"Andrew", false}, {"Anna", true}, {"Arthur", false},
	{"Ben", false}, {"Beth", true}, {"Carol", true}, {"Charlotte", true}, {"Chloe", true}, {"Daniel", false}, {"David", false},
	{"Derek", false}, {"Dylan", false}, {"Eleanor", true}, {"Ellie", true}, {"Emma", true}, {"Farah", true}, {"Fiona", true},
	{"Frank", false}, {"George", false}, {"Grace", true}, {"Hannah", true}, {"Harry", false}, {"Helen", true}, {"Ibrahim", false},
	{"Imogen", true}, {"Isla", true}, {"Jack", false}, {"James", false}, {"Jasmine", true}, {"Joan", true}, {"John", false},
	{"Joseph", false}, {"Karen", true}, {"Kevin", false}, {"Leo", false}, {"Lily", true}, {"Louise", true}, {"Lucas", false},
	{"Margaret", true}, {"Maria", true}, {"Martin", false}, {"Mohammed", false}, {"Nadia", true}, {"Neil", false}, {"Noah", false},
	{"Olivia", true}, {"Oscar", false}, {"Patricia", true}, {"Paul", false}, {"Peter", false}, {"Priya", true}, {"Rachel", true},
	{"Renée", true}, {"Robert", false}, {"Rosie", true}, {"Ruth", true}, {"Samuel", false}, {"Sarah", true}, {"Siân", true},
	{"Simon", false}, {"Sophie", true}, {"Stephen", false}, {"Susan", true}, {"Thomas", false}, {"Tomasz", false}, {"Zoë", true},
}

var familyNames = []string{
	"Adams", "Ahmed", "Allen", "Anderson", "Bailey", "Baker", "Begum", "Bell", "Bennett", "Brown", "Campbell", "Carter",
	"Chapman", "Clark", "Clarke", "Collins", "Cook", "Cooper", "Cox", "Davies", "Davis", "Edwards", "Ellis", "Evans", "Fisher",
	"Foster", "García", "Gray", "Green", "Griffiths", "Hall", "Harris", "Harrison", "Hill", "Holmes", "Hughes", "Hunt", "Hussain",
	"Jackson", "James", "Johnson", "Jones", "Kaur", "Kelly", "Khan", "King", "Knight", "Kowalska", "Lee", "Lewis", "Lloyd", "Marshall",
	"Martin", "Mason", "Matthews", "Miller", "Mills", "Mitchell", "Moore", "Morgan", "Morris", "Müller", "Murphy", "Murray", "O'Brien",
	"Okafor", "Owen", "Palmer", "Parker", "Patel", "Phillips", "Powell", "Price", "Richards", "Richardson", "Roberts", "Robinson",
	"Rogers", "Russell", "Scott", "Shah", "Shaw", "Simpson", "Singh", "Smith", "Smith-Rowe", "Stevens", "Stewart", "Taylor", "Thomas",
	"Thompson", "Turner", "Walker", "Walsh", "Ward", "Watson", "Webb", "White", "Wilkinson", "Williams", "Wilson", "Wood", "Wright", "Young",
}

var streets = []string{
	"Abbey Road", "Albert Street", "Alma Terrace", "Beech Avenue", "Bridge Street", "Broad Lane", "Canal Walk", "Castle Street",
	"Cedar Close", "Chapel Lane", "Church Road", "Corn Exchange", "Dock Road", "Elm Grove", "Ferry Lane", "Forge Row",
	"Garden Mews", "Grange Road", "Hawthorn Drive", "High Street", "Hill Rise", "Jubilee Crescent", "Kiln Lane", "King Street",
	"Ladywell Road", "Lime Tree Walk", "Lock View", "Manor Way", "Market Place", "Meadow View", "Mill Lane", "Mount Pleasant",
	"New Road", "Oak Drive", "Old Quay", "Orchard Close", "Park Avenue", "Poplar Court", "Priory Gardens", "Quarry Bank",
	"Queen Street", "River Way", "Rope Walk", "School Lane", "Shepherds Hill", "Silver Street", "Springfield Road", "St John's Road",
	"Station Road", "The Green", "Tower Street", "Union Street", "Victoria Road", "Water Lane", "Weir Street", "West Street",
	"Wharf Road", "Willow Close", "Windmill Hill", "York Street",
}

// wards are the parts of the town, each with its postcode district.
var wards = []struct{ name, district string }{
	{"Old Town", "RV1"}, {"Northgate", "RV2"}, {"Saltmarsh", "RV3"}, {"Weirbank", "RV4"}, {"Upper Hythe", "RV5"}, {"Ferrybridge", "RV6"},
}

// postcodeLetters are the letters that the second half of a postcode may hold.
const postcodeLetters = "ABDEFGHJLNPQRSTUWXYZ"
