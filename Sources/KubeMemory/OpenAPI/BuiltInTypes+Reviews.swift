extension BuiltInTypes {
  /// The kinds that are answered and not kept.
  static let reviews = """
    LocalSubjectAccessReview metadata:ObjectMeta/1 spec:SubjectAccessReviewSpec/2
      status:SubjectAccessReviewStatus/3
    NonResourceAttributes path:string/1 verb:string/2
    NonResourceRule nonResourceURLs:[string]/2 verbs:[string]/1
    ResourceAttributes fieldSelector:any group:string/3 labelSelector:any name:string/7 namespace:string/1
      resource:string/5 subresource:string/6 verb:string/2 version:string/4
    ResourceRule apiGroups:[string]/2 resourceNames:[string]/4 resources:[string]/3 verbs:[string]/1
    SelfSubjectAccessReview metadata:ObjectMeta/1 spec:SelfSubjectAccessReviewSpec/2
      status:SubjectAccessReviewStatus/3
    SelfSubjectAccessReviewSpec nonResourceAttributes:NonResourceAttributes/2
      resourceAttributes:ResourceAttributes/1
    SelfSubjectReview metadata:ObjectMeta/1 status:SelfSubjectReviewStatus/2
    SelfSubjectReviewStatus userInfo:UserInfo/1
    SelfSubjectRulesReview metadata:ObjectMeta/1 spec:SelfSubjectRulesReviewSpec/2
      status:SubjectRulesReviewStatus/3
    SelfSubjectRulesReviewSpec namespace:string/1
    SubjectAccessReview metadata:ObjectMeta/1 spec:SubjectAccessReviewSpec/2
      status:SubjectAccessReviewStatus/3
    SubjectAccessReviewSpec extra:any groups:[string]/4 nonResourceAttributes:NonResourceAttributes/2
      resourceAttributes:ResourceAttributes/1 uid:string/6 user:string/3
    SubjectAccessReviewStatus allowed:bool/1 denied:bool/4 evaluationError:string/3 reason:string/2
    SubjectRulesReviewStatus evaluationError:string/4 incomplete:bool/3 nonResourceRules:[NonResourceRule]/2
      resourceRules:[ResourceRule]/1
    TokenReview metadata:ObjectMeta/1 spec:TokenReviewSpec/2 status:TokenReviewStatus/3
    TokenReviewSpec audiences:[string]/2 token:string/1
    TokenReviewStatus audiences:[string]/4 authenticated:bool/1 error:string/3 user:UserInfo/2
    UserInfo extra:any groups:[string]/3 uid:string/2 username:string/1
    """
}
