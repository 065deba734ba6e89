// Package codec carries values between protobuf messages and XML, by plans that are made once for each schema type.
//
//	mapper.go    Mapper: schema types to mirrored messages and their plans
//	particle.go  content models, simplified to what a message can hold
//	fields.go    elements and attributes to fields
//	facets.go    simple types to protobuf types and their validation rules
//	lexical.go   how values of the built-in types are written
//	pattern.go   patterns of XML Schema as those of RE2, and samples of them
//	ranges.go    the least and the greatest of a type, as rules
//	limits.go    what no rule can say exactly, held where values are written
//	plan.go      what reading and writing need to know of a type
//	body.go      Body: what stands in a SOAP body
//	headers.go   header blocks and declared faults
//	attachments.go  MIME parts, and binary content sent as attachments
//	encoded.go   SOAP encoding: arrays, xsi:type
//	write.go     message to XML, strict: elements, attributes, text
//	content.go   the child elements of a message, in the order of the schema
//	value.go     values to text, exact
//	datetime.go  dates and times to text
//	free.go      content that no schema describes, written
//	read.go      XML to message, tolerant
//	read_body.go    ReadOptions, ReadReport; a SOAP body, a header block or a fault's detail to a message
//	read_plan.go    plans as the decoder goes by them
//	read_child.go   child elements, repeating compositors, nil, xsi:type
//	read_value.go   text to values, exact
//	read_time.go    text to dates and times
//	read_array.go   arrays of SOAP encoding
//	read_free.go    content that no schema describes
//	multiref.go     what stands elsewhere: href and id, attachments
//
// # Design
//
// A message has the fields of its type's elements and attributes, flat, whatever sequences and choices they stand in: callers write what
// they mean and the plan puts it in schema order. A choice between single elements is a oneof. Only a compositor that itself repeats, whose order
// would be lost, becomes a list of messages. A type that others are derived from has a oneof "derived" with one member for each; the member
// that is set stands in for the type, with xsi:type.
//
// All scalars have presence, so absent, empty and zero stay apart. An element that is nil where it could be absent is named in the
// message's field nil_fields, and so is a nil item of a list, as "names[2]".
//
// Reading takes tokens straight to wire bytes ([wire.Message]), with no tree between and no allocation for a value. It goes by the element's name in its
// namespace, else by its local name alone, and passes over what it does not know. What would overwrite a value that has been read is an error, and so is an element that is not there although the schema
// demands it; by [ReadOptions].Lenient neither is. An empty or nil element stands there, and of an encoded or rpc message nothing is demanded. The items of a list stand together on the wire, however the reply mixes them. Writing is strict: what a validating
// server would refuse is a violation by field path.
//
// An element that refers to another (href="#id", enc:ref) is read as if that one stood in its place, each time that it is referred to, in all up to a
// multiple of the reply's size. A reference that leads back to where it stands is left out: a message is a tree.
//
// xs:date loses its zone, if it has one: callers get the calendar date that was meant. xs:dateTime is a point in time, and one without a zone
// is read in the back end's time zone. The days 0001-01-01 and 9999-12-31, on which the least and the
// greatest date of .NET are, mean no day of a calendar: without a zone they are UTC, both ways, and a zone of their own that takes them out of the
// years 0001 to 9999 is not heeded (0001-01-01T00:00:00+01:00 is 0001-01-01T00:00:00Z). A leap second is the second that follows it. A date
// and time beyond these years has no Timestamp and cannot be read.
//
// Attribute defaults are not filled in. The text of mixed content is joined in one field, so its place between the elements is lost.
//
// # JSON that callers see
//
// What follows is how the JSON of a request or reply comes from the WSDL. XML in the examples leaves out prefixes.
//
// Names. A name is cut into words at everything that is no letter or digit, where a capital follows a small letter or a digit, and before the last of
// several capitals that a small letter follows. The words in lower case, joined as camelCase, are the JSON name: CustID and CUST-ID are custId, getHTTPPort is
// getHttpPort, line_1 is line1, Address2Line is address2Line. What begins with no letter gets field_ before it: 2nd is field2nd. Of two fields of one message whose
// names are the same but for case and underscores, the later has the number 2, then 3: the element id and the attribute ID are id and id2.
// Fields come in this order: value or text, the elements as the schema has them (of the base type first), nilFields, the attributes, anyAttributes,
// derived types, soapHeaders, MIME parts. Two places of one content model that have an element of the same name and type are one field; of the same name in
// two namespaces, or with two types, they are two.
//
// The body. With document style and one part by element, the JSON is the content of that element: <get><id>7</id></get> is {"id":"7"}. If that element
// is a scalar, or xs:anyType, or there are several parts or parts by type, there is a field for each element: <id>7</id> is {"id":"7"}. With rpc style there is a field for each
// part, named after it, and the wrapper is not in the JSON: <op><in0>7</in0></op> is {"in0":"7"}. A message without parts is {}.
//
//	element of a simple type      <n>5</n>                                   {"n":5}
//	maxOccurs over 1, or twice    <n>5</n>                                   {"n":[5]}         always a list
//	xs:list                       <n>1 2</n>                                 {"n":[1,2]}       where elements repeat: {"n":["1 2","3"]}
//	element of a complex type     <a><n>5</n></a>                            {"a":{"n":5}}
//	attribute                     <a n="5"/>                                 {"a":{"n":5}}
//	simple content                <p cur="GBP">1.50</p>                      {"p":{"value":"1.50","cur":"GBP"}}
//	empty element                 <a/>                                       {"a":{}}          of a simple type: {"a":""}
//	mixed content                 <p>some <b>x</b> text</p>                  {"p":{"b":"x","text":"some  text"}}
//	choice                        <b>x</b>                                   {"b":"x"}         only the branch that is meant
//	choice that repeats           <b>x</b><a>y</a>                           {"choice":[{"b":"x"},{"a":"y"}]}
//	sequence that repeats         <a>1</a><b>2</b><a>3</a>                   {"sequence":[{"a":"1","b":"2"},{"a":"3"}]}
//	model group that repeats      as these two, but the field is named after the xs:group
//	substitution group            <member>x</member>                         {"member":"x"}    a choice of its members; in place of a list: {"head":[{"member":"x"}]}
//	derived type                  <v xsi:type="D"><a>1</a><b>2</b></v>       {"v":{"d":{"a":"1","b":"2"}}}
//	nil that must be there        <n xsi:nil="true"/>                        {}                or {"n":null}
//	nil that could be absent      <n xsi:nil="true"/>                        {"nilFields":["n"]}
//	nil item of a list            <n>5</n><n xsi:nil="true"/>                {"n":[5,0],"nilFields":["n[1]"]}
//	xs:any                        <x:b>1</x:b>                               {"any":{"{urn:x}b":"1"}}   maxOccurs over 1: {"any":[{"{urn:x}b":"1"}]}
//	xs:anyAttribute               <a x:k="1"/>                               {"a":{"anyAttributes":{"{urn:x}k":"1"}}}
//	xs:anyType                    <v>1</v>, <v k="1"><x:b>2</x:b></v>        {"v":"1"}, {"v":{"@k":"1","{urn:x}b":"2"}}
//	xs:anyType, mixed             <v>t <b>x</b></v>                          {"v":{"#content":["t ",{"b":"x"}]}}
//	header block                  <session>s</session> in soap:Header        {"soapHeaders":{"session":"s"}}
//	MIME part                     beside the envelope                        {"photo":"iVBORw0="}       base64, named after the part
//	swaRef                        <f>cid:1</f> and the MIME part             {"f":"data:image/png;base64,iVBORw0="}
//
// A compositor repeats if its maxOccurs is over 1 and it holds more than one element; with one element that element repeats. A compositor of the same kind inside another,
// both once, is as if its elements stood in the outer one. A sequence that repeats inside a choice that repeats is a list in the message of the outer one.
//
// A derived type is named after itself, under the type that the element is declared with; the fields beside it are not sent. An element declared with an abstract type takes one
// of its derived types only. What an element of type xs:anyType holds may say what it is: {"@{http://www.w3.org/2001/XMLSchema-instance}type":"{urn:x}T", ...}, and so may a
// value of type xs:anySimpleType, as {"@{http://www.w3.org/2001/XMLSchema-instance}type":"{urn:x}T","#text":"5"}; else it is a string, a number, true or false. A
// number, true or false is sent without xsi:type in a literal body, and read where xsi:type says xsd:int, xsd:double, xsd:boolean or the like.
//
// Free content (xs:any, xs:anyType) is a string, a number, true or false, null for nil, or an object: "@name" and "@{namespace}name" are attributes, "#text" the text,
// "name" and "{namespace}name" child elements, of which several of one name are a list. Children are sent in the order of their names; where another counts, "#content" lists
// them, each as an object with one key, and text between them as strings: {"#content":["some ",{"b":"x"}," text"]}. So they are read where there is text beside them, or others
// stand between those of one name. Else they are members under their names, in the order of the document, which callers have no use for and JSON does not keep. An element
// or attribute of a namespace that the wildcard does not accept is refused; what processContents demands of its content is the back end's to check. The Map of Apache
// toolkits and PHP is an object like any other: {"@{http://www.w3.org/2001/XMLSchema-instance}type":"{http://xml.apache.org/xml-soap}Map","item":[{"key":"k","value":"v"},...]}.
//
// Arrays of SOAP encoding. An array of one dimension is a list in the field of its element: {"names":["x","y"]}. Where the array is itself the member of an array, a branch of a choice
// or one of several of its name, or has more dimensions, it is an object: {"rows":[{"items":[1,2]},{"items":[3]}]}, {"matrix":{"items":[1,2,3,4],"dimensions":[2,2]}}, with the
// members of the last dimension side by side; a reply may have an element for each row. An array of anything takes free content; in it a list is an array. A nil member is named in nilFields, as "names[1]", beside the field.
//
// Values: see the table of the design. Integers from 64 bits on, and decimals, are strings; xs:dateTime is RFC 3339; xs:date, xs:time, xs:duration and the others of time are
// their text; xs:base64Binary and xs:hexBinary are base64; xs:QName is "{namespace}local"; a union is a string. What is fixed or has a default
// may be left out where it must be there, and is sent then. An element that must be there and can only be empty is sent without being given.
package codec
